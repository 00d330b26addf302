using System.Text;

namespace Gantry.Oci;

/// <summary>Chain ids name a stack of layers by their diff ids (OCI image-spec, config.md, "Layer ChainID").</summary>
public static class ChainId
{
    /// <summary>The id of <paramref name="diffId"/> on top of <paramref name="parent"/>; an empty parent means the bottom.</summary>
    public static Digest Of(Digest parent, Digest diffId) =>
        parent.IsEmpty ? diffId : Digest.Of(Encoding.ASCII.GetBytes($"{parent} {diffId}"));

    /// <summary>The chain id of each layer, bottom first; the last one names the whole root file system.</summary>
    public static IReadOnlyList<Digest> Of(IReadOnlyList<Digest> diffIds)
    {
        var chain = new Digest[diffIds.Count];
        var parent = default(Digest);
        for (var i = 0; i < chain.Length; i++)
        {
            chain[i] = parent = Of(parent, diffIds[i]);
        }

        return chain;
    }
}
