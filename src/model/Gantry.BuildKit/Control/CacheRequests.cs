using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>moby.buildkit.v1.PruneRequest.</summary>
public sealed record PruneRequest
{
    public IReadOnlyList<string> Filters { get; init; } = [];

    public bool All { get; init; }

    /// <summary>Nanoseconds; what was used later is kept.</summary>
    public long KeepDuration { get; init; }

    /// <summary>Bytes to leave.</summary>
    public long ReservedSpace { get; init; }

    /// <summary>Bytes; 0 for no limit.</summary>
    public long MaxUsedSpace { get; init; }

    /// <summary>Bytes; 0 for no limit.</summary>
    public long MinFreeSpace { get; init; }

    public static PruneRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var request = new PruneRequest();
        var filters = new List<string>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    filters.Add(reader.Text());
                    break;
                case 2:
                    request = request with { All = reader.Bool() };
                    break;
                case 3:
                    request = request with { KeepDuration = reader.Int64() };
                    break;
                case 4:
                    request = request with { ReservedSpace = reader.Int64() };
                    break;
                case 5:
                    request = request with { MaxUsedSpace = reader.Int64() };
                    break;
                case 6:
                    request = request with { MinFreeSpace = reader.Int64() };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return request with { Filters = filters };
    }
}

/// <summary>moby.buildkit.v1.DiskUsageRequest.</summary>
/// <param name="AgeLimit">Nanoseconds; 0 for all.</param>
public sealed record DiskUsageRequest(IReadOnlyList<string> Filters, long AgeLimit)
{
    public static DiskUsageRequest Parse(ReadOnlySpan<byte> message)
    {
        var reader = new ProtoReader(message);
        var filters = new List<string>();
        var age = 0L;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    filters.Add(reader.Text());
                    break;
                case 2:
                    age = reader.Int64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new DiskUsageRequest(filters, age);
    }
}
