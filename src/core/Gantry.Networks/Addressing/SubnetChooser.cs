namespace Gantry.Networks.Addressing;

/// <summary>Chooses subnets for networks that name none.</summary>
internal static class SubnetChooser
{
    /// <summary>Docker's default address pools.</summary>
    public static readonly IReadOnlyList<Networks.AddressPool> DefaultPools =
    [
        .. Enumerable.Range(17, 15).Select(n => new Networks.AddressPool($"172.{n}.0.0/16", 16)),
        new Networks.AddressPool("192.168.0.0/16", 20),
    ];

    /// <summary>The first subnet of the pools that overlaps nothing in <paramref name="taken"/>, or null.</summary>
    public static Subnet? Choose(IEnumerable<Networks.AddressPool> pools, bool v6, IReadOnlyCollection<Subnet> taken)
    {
        foreach (var pool in pools)
        {
            if (Subnet.TryParse(pool.Base, out var block, out _) && block.IsV6 == v6 && pool.Size >= block.PrefixLength
                && Choose(block, pool.Size, taken) is { } subnet)
            {
                return subnet;
            }
        }

        return null;
    }

    /// <summary>Goes through the block, jumping over what is taken rather than trying each subnet in it.</summary>
    private static Subnet? Choose(Subnet block, int size, IReadOnlyCollection<Subnet> taken)
    {
        var candidate = block with { PrefixLength = size };
        while (block.Contains(candidate))
        {
            if (!taken.Any(candidate.Overlaps))
            {
                return candidate;
            }

            var end = taken.Where(candidate.Overlaps).Max(t => t.Last);
            if (end >= block.Last)
            {
                return null;
            }

            // The first subnet that starts behind the end of what is in the way.
            var step = candidate.Last - candidate.First + 1;
            var next = block.First + ((end - block.First) / step * step) + step;
            candidate = candidate with { First = next };
        }

        return null;
    }
}
