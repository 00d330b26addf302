using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.Exporter and CacheOptionsEntry: a kind of thing with its options.</summary>
public sealed record TypedOptions(string Type, IReadOnlyDictionary<string, string> Options) : IProtoMessage
{
    public string this[string option] => Options.GetValueOrDefault(option, string.Empty);

    public static TypedOptions Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var type = string.Empty;
        var options = new Dictionary<string, string>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    type = reader.Text();
                    break;
                case 2:
                    options.Add(reader.TextEntry());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new TypedOptions(type, options);
    }

    public void Write(ProtoWriter writer) => writer.Text(1, Type).TextMap(2, Options);
}
