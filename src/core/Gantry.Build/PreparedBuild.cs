using Gantry.Build.Cache;
using Gantry.Build.Context;
using Gantry.Build.Export;
using Gantry.Build.Files;
using Gantry.Build.Frontend;
using Gantry.Content;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Images;
using Gantry.Oci;

namespace Gantry.Build;

/// <summary>
/// A build that is understood: run it once, then make images or files of the result. Until it is disposed what it uses and made is protected. It disposes the
/// builds its named contexts stand for.
/// </summary>
public sealed class PreparedBuild : IDisposable
{
    private readonly BuildRequest _request;
    private readonly BuildParts _parts;
    private readonly IBuildContext _context;
    private readonly IBuildProgress _progress;
    private readonly Action _released;
    private readonly ContentLease _lease;
    private readonly CacheSession _cache;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly BuildSession _session;
    private readonly Lock _lock = new();
    private ImageDraft? _image;
    private Task? _running;
    private int _holders = 1;

    /// <param name="released">Called when nothing is left of the build.</param>
    internal PreparedBuild(
        BuildRequest request, BuildParts parts, ContentStore content, ParsedDockerfile dockerfile, IBuildContext context, IBuildProgress progress, Action released)
    {
        _released = released;
        _request = request;
        _parts = parts;
        _context = context;
        _progress = progress;
        _lease = content.Lease("build");
        _cache = new CacheSession(parts.Cache, _lease);
        try
        {
            _session = new BuildSession(request, parts, dockerfile, context, progress, _lease, _cache, _cancellation);
        }
        catch
        {
            _cache.Dispose();
            _lease.Dispose();
            _cancellation.Dispose();
            throw;
        }
    }

    /// <summary>Carries the steps out; whoever asks again waits for the same.</summary>
    /// <param name="cancellationToken">Of the first who asks: ends the steps, and the method returns when they have ended.</param>
    /// <exception cref="GantryException">In the words of the request's style.</exception>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _running is null ? _running = RunStepsAsync(cancellationToken) : _running.WaitAsync(cancellationToken);
        }
    }

    /// <summary>One more holds this build; each has to dispose it.</summary>
    /// <returns>False when it is gone.</returns>
    public bool TryHold()
    {
        lock (_lock)
        {
            return _holders > 0 && ++_holders > 0;
        }
    }

    /// <summary>What the steps came to, for a build on top of this one.</summary>
    internal async Task<ImageDraft> ImageAsync(CancellationToken cancellationToken)
    {
        await RunAsync(cancellationToken).ConfigureAwait(false);
        return Image();
    }

    private async Task RunStepsAsync(CancellationToken cancellationToken)
    {
        // Off the lock.
        await Task.Yield();
        var forward = cancellationToken.UnsafeRegister(static self => ((CancellationTokenSource)self!).Cancel(), _cancellation);
        await using (forward.ConfigureAwait(false))
        {
            _image = await _session.RunAsync().ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (_request.Style == BuildStyle.Classic && _session.Arguments.Unused() is { Count: > 0 } unused)
        {
            _progress.Warning($"[Warning] One or more build-args {GoText.Plain(unused)} were not consumed", isError: false);
        }
    }

    /// <summary>The exporter: what the last stage came to becomes an image with these names, durably.</summary>
    public async Task<BuildResult> SaveAsync(IReadOnlyList<ImageReference> names, CancellationToken cancellationToken)
    {
        var image = Image();
        if (image.IsBase)
        {
            foreach (var name in names)
            {
                _parts.Images.Tag(image.Id, name);
            }
        }
        else
        {
            await _parts.Images.CreateAsync(_lease, new NewImage { Config = image.Bytes, Parent = image.BaseId, References = names, Made = true }, cancellationToken)
                .ConfigureAwait(false);
        }

        return new BuildResult(image.Id, names.Select(n => n.Familiar).ToList());
    }

    /// <summary>Writes the result's files into a folder of the client.</summary>
    /// <param name="exporter">Number of the exporter among the client's.</param>
    /// <returns>Bytes sent.</returns>
    public async Task<long> SendFolderAsync(IBuildClient client, int exporter, CancellationToken cancellationToken)
    {
        using var view = _parts.Layers.OpenView(Image().ChainId);
        var stream = client.OpenExport(exporter, cancellationToken);
        await using (stream.ConfigureAwait(false))
        {
            var export = new FolderExport(new DirectoryTree(view.Root, view, ids: view.Ids), stream);
            await export.RunAsync(cancellationToken).ConfigureAwait(false);
            return export.Bytes;
        }
    }

    /// <summary>Sends the result's files to the client as a tar.</summary>
    public async Task SendTarAsync(IBuildClient client, int exporter, CancellationToken cancellationToken)
    {
        using var view = _parts.Layers.OpenView(Image().ChainId);
        var stream = client.OpenExport(exporter, cancellationToken);
        await using (stream.ConfigureAwait(false))
        {
            await TarExport.RunAsync(view, stream, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives this hold up. After the last nothing is left of the build; steps that still run are ended first, in the background.</summary>
    public void Dispose()
    {
        Task? running;
        lock (_lock)
        {
            if (--_holders != 0)
            {
                return;
            }

            running = _running;
        }

        if (running is { IsCompleted: false })
        {
            _cancellation.Cancel();
            running.ContinueWith(
                static (t, self) =>
                {
                    _ = t.Exception;
                    ((PreparedBuild)self!).Release();
                },
                this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return;
        }

        Release();
    }

    private void Release()
    {
        foreach (var named in _request.NamedContexts.Values)
        {
            named.Build?.Dispose();
        }

        _session.Dispose();
        _context.Dispose();
        _cache.Dispose();
        _lease.Dispose();
        _cancellation.Dispose();
        _released();
    }

    private ImageDraft Image() => _image ?? throw new InvalidOperationException("the build has not run");
}
