using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Engine.Plugins;

/// <summary>Where a plugin comes from and what it is called here.</summary>
/// <param name="Remote">With a tag or a digest.</param>
/// <param name="Local">As Docker shows it, with a tag.</param>
public sealed record PluginNames(ImageReference Remote, string Local)
{
    /// <param name="remote">A name, tag or digest or both; a digest decides over the tag, which then is the local name's.</param>
    /// <param name="name">The name here; empty for the remote one.</param>
    /// <exception cref="GantryException">Internal, as Docker has it: malformed.</exception>
    public static PluginNames Parse(string remote, string name)
    {
        var given = Reference(remote);
        var source = given.Digest.IsEmpty ? given.WithDefaultTag() : given.WithDigest(given.Digest);
        if (name.Length == 0)
        {
            return new PluginNames(source, given.WithTag(given.Tag ?? ImageReference.DefaultTag).Familiar);
        }

        var local = Reference(name);
        return local.Digest.IsEmpty ? new PluginNames(source, local.WithDefaultTag().Familiar) : throw GantryException.Internal("cannot use digest in plugin tag");
    }

    /// <exception cref="GantryException">Internal: malformed.</exception>
    public static ImageReference Reference(string text)
    {
        try
        {
            return ImageReference.Parse(text);
        }
        catch (GantryException e)
        {
            throw GantryException.Internal(e.Message, e);
        }
    }
}
