using System.Globalization;
using Gantry.Build;
using Gantry.BuildKit;
using Gantry.Errors;
using Gantry.IO.Streams;
using Gantry.Registry;

namespace Gantry.Engine.Builds.Sessions;

/// <summary>
/// A client's session: over a connection it made, the engine calls on the client's files, secrets, agents and credentials (moby/buildkit, session). It
/// lasts as long as the connection.
/// </summary>
public sealed class ClientSession : IBuildClient, IDisposable
{
    private const string Files = "/moby.filesync.v1.FileSync/DiffCopy";
    private const string Send = "/moby.filesync.v1.FileSend/DiffCopy";
    private const string Secret = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
    private const string Credentials = "/moby.filesync.v1.Auth/Credentials";
    private const string CheckAgent = "/moby.sshforward.v1.SSH/CheckAgent";
    private const string ForwardAgent = "/moby.sshforward.v1.SSH/ForwardAgent";
    private const string Upload = "/moby.upload.v1.Upload/Pull";
    private const string Health = "/grpc.health.v1.Health/Check";
    private static readonly TimeSpan s_credentialsPatience = TimeSpan.FromSeconds(10);
    private readonly GrpcChannel _channel;
    private readonly WatchedStream _connection;
    private readonly HashSet<string> _methods;
    private readonly CancellationTokenSource _ended = new();

    internal ClientSession(string id, string sharedKey, IEnumerable<string> methods, WatchedStream connection)
    {
        Id = id;
        SharedKey = sharedKey;
        _methods = methods.ToHashSet(StringComparer.OrdinalIgnoreCase);
        _connection = connection;
        _channel = new GrpcChannel(connection);
    }

    public string Id { get; }

    public string SharedKey { get; }

    /// <summary>Fires when the client has gone.</summary>
    internal CancellationToken Ended => _ended.Token;

    public IMessageStream OpenFiles(FileRequest request, CancellationToken cancellationToken)
    {
        Require(Files, "no local sources enabled");
        var metadata = new List<KeyValuePair<string, string>> { new("dir-name", request.Folder) };
        Add(metadata, "exclude-patterns", request.Exclude);
        Add(metadata, "followpaths", request.Follow);
        return _channel.Open(Files, metadata, cancellationToken);
    }

    public async Task<ReadOnlyMemory<byte>?> FindSecretAsync(string id, CancellationToken cancellationToken)
    {
        if (!_methods.Contains(Secret))
        {
            return null;
        }

        try
        {
            var answer = await _channel.CallAsync(Secret, SingleField.OfText(id), cancellationToken).ConfigureAwait(false);
            return SingleField.Bytes(answer.Span).ToArray();
        }
        catch (GantryException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.NotImplemented)
        {
            return null;
        }
    }

    public Task CheckAgentAsync(string id, CancellationToken cancellationToken)
    {
        Require(CheckAgent, $"no SSH key {GoQuote(id)} forwarded from the client");
        return _channel.CallAsync(CheckAgent, SingleField.OfText(id), cancellationToken);
    }

    public IMessageStream OpenAgent(string id, CancellationToken cancellationToken) =>
        _channel.Open(ForwardAgent, [new("buildkit.ssh.id", id)], cancellationToken);

    public IMessageStream OpenExport(int exporter, CancellationToken cancellationToken)
    {
        Require(Send, $"method {Send} not supported by the client");
        return _channel.Open(Send, [new("buildkit-attachable-exporter-id", exporter.ToString(CultureInfo.InvariantCulture))], cancellationToken);
    }

    public IMessageStream OpenUpload(string path, CancellationToken cancellationToken)
    {
        Require(Upload, "the client has nothing to upload");
        return _channel.Open(Upload, [new("urlpath", path)], cancellationToken);
    }

    /// <summary>What the client logs in to a registry with; null for nothing.</summary>
    internal async Task<RegistryCredentials?> FindCredentialsAsync(string domain, CancellationToken cancellationToken)
    {
        if (!_methods.Contains(Credentials))
        {
            return null;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_credentialsPatience);
        var host = domain == "docker.io" ? "registry-1.docker.io" : domain;
        try
        {
            var answer = await _channel.CallAsync(Credentials, SingleField.OfText(host), patience.Token).ConfigureAwait(false);
            var (user, secret) = (SingleField.Text(answer.Span, 1), SingleField.Text(answer.Span, 2));
            return secret.Length == 0 ? null
                : user.Length == 0 ? new RegistryCredentials { IdentityToken = secret }
                : new RegistryCredentials { Username = user, Password = secret };
        }
        catch (GantryException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.NotImplemented)
        {
            return null;
        }
    }

    /// <summary>Returns when the connection has ended.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first call makes the connection HTTP/2 and shows that a client is there; from then on its end is noticed.
        try
        {
            await _channel.CallAsync(Health, ReadOnlyMemory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        }
        catch (GantryException e) when (e.Kind is ErrorKind.NotImplemented)
        {
            // That is an answer too: dockerode's sessions have credentials and nothing else.
        }

        await _connection.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _ended.Cancel();
        _channel.Dispose();
        _connection.Dispose();
        _ended.Dispose();
    }

    private static string GoQuote(string text) => Dockerfile.GoText.Quote(text);

    private void Require(string method, string message)
    {
        if (!_methods.Contains(method))
        {
            throw GantryException.InvalidArgument(message);
        }
    }

    /// <summary>Values that are not ASCII go encoded, all of a name, and the name says so (moby/buildkit, session/filesync).</summary>
    private static void Add(List<KeyValuePair<string, string>> metadata, string name, IReadOnlyList<string> values)
    {
        var encode = values.Any(v => v.Any(c => c > 0x7f));
        metadata.AddRange(values.Select(v => new KeyValuePair<string, string>(name, encode ? Uri.EscapeDataString(v) : v)));
        if (encode)
        {
            metadata.Add(new(name + "-encoded", "1"));
        }
    }
}
