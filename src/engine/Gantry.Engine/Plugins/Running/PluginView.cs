using Gantry.Engine.Plugins.State;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Plugins;
using Gantry.Plugins.Managed;

namespace Gantry.Engine.Plugins.Running;

/// <summary>A plugin as those see it who need a driver.</summary>
internal static class PluginView
{
    internal static ManagedPlugin Of(PluginRecord record, PluginPaths paths) => new()
    {
        Id = record.Id,
        Name = record.Name,
        IsEnabled = record.Enabled,
        Protocol = record.Configuration.Interface.ProtocolScheme ?? "",
        Capabilities = [.. (record.Configuration.Interface.Types ?? []).Where(t => t.IsDockers).Select(t => t.Capability)],
        Endpoint = new PluginEndpoint(record.Name, "unix://" + Path.Combine(paths.Sockets(record.Id), record.Configuration.Interface.Socket))
        {
            Timeout = record.TimeoutSeconds > 0 ? TimeSpan.FromSeconds(record.TimeoutSeconds) : PluginEndpoint.DefaultTimeout,
            OnHost = path => OnHost(record, paths, path),
        },
    };

    /// <summary>Where on the host a path of the plugin's is. Neither <c>..</c> nor links lead out of its root or its propagated mount.</summary>
    private static string OnHost(PluginRecord record, PluginPaths paths, string path)
    {
        var propagated = Path.TrimEndingDirectorySeparator(record.Configuration.PropagatedMount);
        var clean = Path.GetFullPath("/" + path);
        var isPropagated = propagated.Length > 0 && (clean == propagated || clean.StartsWith(propagated + "/", StringComparison.Ordinal));
        var (root, below) = isPropagated ? (paths.PropagatedMount(record.Id), clean[propagated.Length..]) : (paths.Rootfs(record.Id), clean);
        below = below.Trim('/');
        Check(record, root, below, path);
        return below.Length == 0 ? root : Path.Combine(root, below);
    }

    private static void Check(PluginRecord record, string root, string below, string path)
    {
        if (below.Length == 0)
        {
            return;
        }

        var directory = FileAt.TryOpen(FileAt.CurrentDirectory, root, OpenAtFlags.Path | OpenAtFlags.Directory);
        if (directory < 0)
        {
            return;
        }

        var found = FileAt.TryOpenRooted(directory, below, OpenAtFlags.Path, ResolveFlags.Beneath | ResolveFlags.NoSymlinks);
        FileAt.Close(directory);
        if (found >= 0)
        {
            FileAt.Close(found);
        }
        else if (-found is Errno.ELOOP or Errno.EXDEV)
        {
            throw GantryException.Internal($"plugin {record.Name} answered with a path that can't be used: {path} is or leads through a link");
        }
    }
}
