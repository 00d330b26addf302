using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.BuildHistoryRequest.</summary>
/// <param name="Ref">One build, or empty for all.</param>
/// <param name="EarlyExit">End when what there is was told, instead of going on.</param>
/// <param name="Limit">Most builds to tell of, the latest; 0 for all.</param>
public sealed record BuildHistoryRequest(bool ActiveOnly, string Ref, bool EarlyExit, IReadOnlyList<string> Filters, int Limit)
{
    public static BuildHistoryRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var (active, reference, early, limit) = (false, string.Empty, false, 0);
        var filters = new List<string>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    active = reader.Bool();
                    break;
                case 2:
                    reference = reader.Text();
                    break;
                case 3:
                    early = reader.Bool();
                    break;
                case 4:
                    filters.Add(reader.Text());
                    break;
                case 5:
                    limit = reader.Int32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new BuildHistoryRequest(active, reference, early, filters, limit);
    }
}

/// <summary>moby.buildkit.v1.UpdateBuildHistoryRequest.</summary>
public sealed record UpdateBuildHistoryRequest(string Ref, bool Pinned, bool Delete, bool Finalize)
{
    public static UpdateBuildHistoryRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var request = new UpdateBuildHistoryRequest(string.Empty, false, false, false);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    request = request with { Ref = reader.Text() };
                    break;
                case 2:
                    request = request with { Pinned = reader.Bool() };
                    break;
                case 3:
                    request = request with { Delete = reader.Bool() };
                    break;
                case 4:
                    request = request with { Finalize = reader.Bool() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return request;
    }
}
