using Gantry.Build.Copying;
using Gantry.Linux;
using Gantry.Snapshots;

namespace Gantry.Build.Steps;

/// <summary>
/// The places at which a RUN has something mounted and which are not in the image: the runtime makes them, and they are to go again where the
/// command left them empty.
/// </summary>
internal sealed class MountStubs
{
    private readonly List<string> _missing = [];

    /// <param name="view">The layers below; disposed here.</param>
    /// <param name="targets">Absolute paths in the container.</param>
    public MountStubs(string upperDirectory, LayerView view, IEnumerable<string> targets)
    {
        using var writer = new LayerWriter(upperDirectory, view);
        foreach (var path in targets.Select(t => writer.Resolve(t)))
        {
            for (var end = path.IndexOf('/'); path.Length > 0; end = path.IndexOf('/', end + 1))
            {
                var part = end < 0 ? path : path[..end];
                if (writer.Status(part) is null && !_missing.Contains(part))
                {
                    _missing.Add(part);
                }

                if (end < 0)
                {
                    break;
                }
            }
        }
    }

    /// <summary>Nothing may be mounted any more.</summary>
    public void Remove(string upperDirectory)
    {
        if (_missing.Count == 0)
        {
            return;
        }

        var upper = FileAt.OpenDirectory(upperDirectory);
        try
        {
            foreach (var path in _missing.OrderByDescending(p => p.Length))
            {
                if (FileAt.TryStat(upper, path, out var status) != 0)
                {
                    continue;
                }

                if (status.IsDirectory)
                {
                    _ = FileAt.TryRemoveDirectory(upper, path);
                }
                else if (status is { Kind: FileKind.File, Size: 0 })
                {
                    _ = FileAt.TryUnlink(upper, path);
                }
            }
        }
        finally
        {
            FileAt.Close(upper);
        }
    }
}
