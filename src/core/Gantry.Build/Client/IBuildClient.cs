using Gantry.IO.Streams;

namespace Gantry.Build;

/// <summary>The client of a build, as far as the builder calls on it while it builds: its files, secrets and agents.</summary>
/// <remarks>Fails with a GantryException of kind Unavailable once the client has gone.</remarks>
public interface IBuildClient
{
    /// <summary>What tells the client's folders from those of others, the same for each of its builds; empty for nothing (BuildKit's shared key).</summary>
    string SharedKey { get; }

    /// <summary>Begins a copy of a folder in fsutil's packets, see <see cref="BuildKit.FilePacket"/>: the client announces, this side asks for contents.</summary>
    IMessageStream OpenFiles(FileRequest request, CancellationToken cancellationToken);

    /// <summary>A secret's content, or null when the client has none of that name.</summary>
    Task<ReadOnlyMemory<byte>?> FindSecretAsync(string id, CancellationToken cancellationToken);

    /// <summary>Checks that the client forwards an SSH agent.</summary>
    /// <exception cref="Errors.GantryException">It doesn't; in the client's words.</exception>
    Task CheckAgentAsync(string id, CancellationToken cancellationToken);

    /// <summary>A connection to an SSH agent; each message has one field with bytes.</summary>
    IMessageStream OpenAgent(string id, CancellationToken cancellationToken);

    /// <summary>Begins to hand an exporter's result over: packets for a folder, messages of one field with bytes for a file.</summary>
    /// <param name="exporter">Number among the build's exporters.</param>
    IMessageStream OpenExport(int exporter, CancellationToken cancellationToken);

    /// <summary>What the client has under a path of its upload service, as messages of one field with bytes.</summary>
    IMessageStream OpenUpload(string path, CancellationToken cancellationToken);
}

/// <summary>What of a folder of the client is wanted.</summary>
/// <param name="Folder">The name the client knows it by: <c>context</c>, <c>dockerfile</c> or that of a named context.</param>
public sealed record FileRequest(string Folder)
{
    /// <summary>Patterns as in a <c>.dockerignore</c>.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Only these paths, with what links among them lead to; empty for all.</summary>
    public IReadOnlyList<string> Follow { get; init; } = [];
}
