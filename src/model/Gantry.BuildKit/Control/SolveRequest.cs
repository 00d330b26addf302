using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.SolveRequest: begins a build. Without a frontend the client itself drives it, through the gateway.</summary>
public sealed record SolveRequest
{
    public string Ref { get; init; } = string.Empty;

    public string Session { get; init; } = string.Empty;

    public string Frontend { get; init; } = string.Empty;

    public IReadOnlyDictionary<string, string> FrontendAttributes { get; init; } = new Dictionary<string, string>();

    /// <summary>What is made of the result, in order; a client of before BuildKit 0.13 names one.</summary>
    public IReadOnlyList<TypedOptions> Exporters { get; init; } = [];

    public IReadOnlyList<TypedOptions> CacheExports { get; init; } = [];

    public IReadOnlyList<TypedOptions> CacheImports { get; init; } = [];

    public IReadOnlyList<string> Entitlements { get; init; } = [];

    public IReadOnlyDictionary<string, byte[]> FrontendInputs { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>True when an LLB definition came along, which only BuildKit's own solver understands.</summary>
    public bool HasDefinition { get; init; }

    /// <summary>True when rules came along that change what a build may take from where.</summary>
    public bool HasSourcePolicy { get; init; }

    /// <summary>Not one of the user's builds.</summary>
    public bool IsInternal { get; init; }

    public static SolveRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var request = new SolveRequest();
        var attributes = new Dictionary<string, string>();
        var inputs = new Dictionary<string, byte[]>();
        var exporters = new List<TypedOptions>();
        var entitlements = new List<string>();
        var (oldType, oldOptions) = (string.Empty, new Dictionary<string, string>());
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    request = request with { Ref = reader.Text() };
                    break;
                case 2:
                    request = request with { HasDefinition = !reader.Bytes().IsEmpty };
                    break;
                case 3:
                    oldType = reader.Text();
                    break;
                case 4:
                    oldOptions.Add(reader.TextEntry());
                    break;
                case 5:
                    request = request with { Session = reader.Text() };
                    break;
                case 6:
                    request = request with { Frontend = reader.Text() };
                    break;
                case 7:
                    attributes.Add(reader.TextEntry());
                    break;
                case 8:
                    request = ParseCache(request, reader.Bytes());
                    break;
                case 9:
                    entitlements.Add(reader.Text());
                    break;
                case 10:
                    inputs.Add(reader.BytesEntry());
                    break;
                case 11:
                    request = request with { IsInternal = reader.Bool() };
                    break;
                case 12:
                    request = request with { HasSourcePolicy = !reader.Bytes().IsEmpty };
                    break;
                case 13:
                    exporters.Add(TypedOptions.Parse(reader.Bytes()));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return request with
        {
            FrontendAttributes = attributes,
            FrontendInputs = inputs,
            Entitlements = entitlements,
            Exporters = exporters.Count > 0 || oldType.Length == 0 ? exporters : [new TypedOptions(oldType, oldOptions)],
        };
    }

    private static SolveRequest ParseCache(SolveRequest request, ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var exports = new List<TypedOptions>();
        var imports = new List<TypedOptions>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 4:
                    exports.Add(TypedOptions.Parse(reader.Bytes()));
                    break;
                case 5:
                    imports.Add(TypedOptions.Parse(reader.Bytes()));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return request with { CacheExports = exports, CacheImports = imports };
    }
}
