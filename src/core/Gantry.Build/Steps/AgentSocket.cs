using System.Net.Sockets;
using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Linux;

namespace Gantry.Build.Steps;

/// <summary>A unix socket of this host behind which the client's SSH agent answers, for the time of a step.</summary>
internal sealed class AgentSocket : IDisposable
{
    private const int Backlog = 16;
    private const int BufferSize = 1 << 14;
    private readonly Socket _listener;
    private readonly IBuildClient _client;
    private readonly string _id;
    private readonly CancellationTokenSource _ending = new();

    private AgentSocket(Socket listener, IBuildClient client, string id)
    {
        _listener = listener;
        _client = client;
        _id = id;
    }

    /// <param name="path">Where the socket is made; its folder goes with the step.</param>
    /// <exception cref="GantryException">The client forwards no such agent; in its words.</exception>
    public static async Task<AgentSocket> OpenAsync(
        IBuildClient client, string id, string path, int mode, uint user, uint group, CancellationToken cancellationToken)
    {
        await client.CheckAgentAsync(id, cancellationToken).ConfigureAwait(false);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(Backlog);
            FileAt.Check(FileAt.TryChangeOwner(FileAt.CurrentDirectory, path, user, group), "chown", path);
            FileAt.Check(FileAt.TryChangeMode(FileAt.CurrentDirectory, path, mode), "chmod", path);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var agent = new AgentSocket(listener, client, id);
        _ = agent.AcceptAsync();
        return agent;
    }

    public void Dispose()
    {
        _ending.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync(_ending.Token).ConfigureAwait(false);
                _ = ForwardAsync(connection);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The step is over.
        }
        finally
        {
            _ending.Dispose();
        }
    }

    private async Task ForwardAsync(Socket connection)
    {
        try
        {
            var token = _ending.Token;
            using var stream = new NetworkStream(connection, ownsSocket: true);
            var agent = _client.OpenAgent(_id, token);
            await using (agent.ConfigureAwait(false))
            {
                var requests = SendAsync(stream, agent, token);
                while (await agent.ReadAsync(token).ConfigureAwait(false) is { } answer)
                {
                    await stream.WriteAsync(SingleField.Bytes(answer.Span).ToArray(), token).ConfigureAwait(false);
                }

                connection.Shutdown(SocketShutdown.Send);
                await requests.ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException or GantryException)
        {
            // One connection's trouble is told of by the program that made it.
        }
    }

    private static async Task SendAsync(NetworkStream stream, IMessageStream agent, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        int n;
        while ((n = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await agent.WriteAsync(SingleField.OfBytes(buffer.AsSpan(0, n)), cancellationToken).ConfigureAwait(false);
        }

        await agent.EndAsync(cancellationToken).ConfigureAwait(false);
    }
}
