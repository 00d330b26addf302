using Gantry.Errors;

namespace Gantry.Engine.Builds.Sessions;

/// <summary>The sessions that clients hold open, by the id they gave.</summary>
public sealed class SessionTable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly ArrivalTable<ClientSession> _sessions = new();

    /// <summary>Serves a session; returns when the client has ended it.</summary>
    /// <param name="sharedKey">What tells the client's folders from those of others; empty for nothing.</param>
    /// <param name="methods">gRPC methods the client offers.</param>
    /// <param name="input">With <paramref name="output"/> the connection, which stays the caller's.</param>
    /// <exception cref="GantryException">Internal: there is a session of that id.</exception>
    public async Task ServeAsync(string id, string sharedKey, IEnumerable<string> methods, Stream input, Stream output, CancellationToken cancellationToken)
    {
        using var session = new ClientSession(id, sharedKey, methods, new WatchedStream(input, output));
        if (!_sessions.TryAdd(id, session))
        {
            throw Exists(id);
        }

        try
        {
            await session.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.Unavailable)
        {
            // A client that needed nothing leaves before it was called.
        }
        finally
        {
            _sessions.Remove(id);
        }
    }

    /// <exception cref="GantryException">Internal: there is a session of that id.</exception>
    public void CheckNew(string id)
    {
        if (_sessions.Contains(id))
        {
            throw Exists(id);
        }
    }

    /// <summary>The session with an id; clients may ask for a build a moment before it is there.</summary>
    /// <exception cref="GantryException">NotFound: it doesn't come.</exception>
    internal async Task<ClientSession> GetAsync(string id, CancellationToken cancellationToken) =>
        await _sessions.FindAsync(id, s_patience, cancellationToken).ConfigureAwait(false)
        ?? throw GantryException.NotFound($"no active session for {id}: context deadline exceeded");

    private static GantryException Exists(string id) => GantryException.Internal($"session {id} already exists");
}
