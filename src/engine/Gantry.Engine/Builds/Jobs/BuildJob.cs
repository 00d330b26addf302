using System.Collections.Concurrent;
using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Engine.Builds.Sessions;
using Gantry.Registry;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>One build of a client that speaks BuildKit's protocol, from its Solve to its end.</summary>
internal sealed class BuildJob : IDisposable
{
    private readonly ConcurrentDictionary<string, PreparedBuild> _results = new();

    internal BuildJob(SolveRequest request, JobExtras extras, ClientSession? session, CancellationToken cancellation)
    {
        Request = request;
        Extras = extras;
        Session = session;
        Cancellation = cancellation;
        Progress = new JobProgress(Log);
    }

    internal SolveRequest Request { get; }

    internal JobExtras Extras { get; }

    /// <summary>What the client gives its steps.</summary>
    internal BuildEntitlements Entitlements { get; init; } = BuildEntitlements.None;

    /// <summary>Null for a build that calls on nothing of its client.</summary>
    internal ClientSession? Session { get; }

    /// <summary>Fires when the client has given up.</summary>
    internal CancellationToken Cancellation { get; }

    internal StatusLog Log { get; } = new();

    internal JobProgress Progress { get; }

    /// <summary>What the client, driving the build itself, came to.</summary>
    internal TaskCompletionSource<ReturnRequest> Returned { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Keeps a result until the job ends.</summary>
    /// <returns>Its id.</returns>
    internal string Keep(PreparedBuild build)
    {
        var id = Guid.NewGuid().ToString("N");
        _results[id] = build;
        return id;
    }

    /// <summary>Ids of what is kept.</summary>
    internal IEnumerable<string> Results => _results.Keys;

    internal PreparedBuild? Find(string id) => _results.GetValueOrDefault(id);

    /// <summary>Credentials for a registry: those of the request, else the session's.</summary>
    internal async Task<RegistryCredentials?> FindCredentialsAsync(string domain, CancellationToken cancellationToken) =>
        Extras.Credentials?.Invoke(domain) ?? (Session is null ? null : await Session.FindCredentialsAsync(domain, cancellationToken).ConfigureAwait(false));

    public void Dispose()
    {
        foreach (var build in _results.Values)
        {
            build.Dispose();
        }

        _results.Clear();
    }
}
