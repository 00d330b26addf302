using System.Text.Json;
using Gantry.Client.Api;
using Gantry.Client.Http;
using Gantry.Errors;

namespace Gantry.Client;

/// <summary>Files in and out of containers.</summary>
public sealed partial class EngineClient
{
    /// <summary>A container's whole file system as tar; the caller disposes it.</summary>
    public Task<HttpResponse> ExportContainerAsync(string container, CancellationToken cancellationToken) =>
        SendAsync("GET", ContainerPath(container, "/export"), ApiRequest.Empty, cancellationToken);

    /// <summary>What a path of a container is; null where the engine finds none or can't tell, which a copy to or from it explains.</summary>
    public async Task<PathStat?> TryStatPathAsync(string container, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(
                "HEAD", ContainerPath(container, "/archive"), new ApiRequest { Query = new Query().Add("path", path) }, cancellationToken).ConfigureAwait(false);
            return PathStat.FromHeader(response.Head);
        }
        catch (GantryException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Internal)
        {
            return null;
        }
    }

    /// <summary>A path of a container as tar, and what it is; the caller disposes the response.</summary>
    public async Task<(HttpResponse Archive, PathStat Stat)> GetArchiveAsync(string container, string path, CancellationToken cancellationToken)
    {
        var request = new ApiRequest { Query = new Query().Add("path", path) };
        var response = await SendAsync("GET", ContainerPath(container, "/archive"), request, cancellationToken).ConfigureAwait(false);
        return (response, PathStat.FromHeader(response.Head));
    }

    /// <summary>Unpacks a tar into a directory of a container.</summary>
    /// <param name="archive">Writes the tar.</param>
    public Task PutArchiveAsync(
        string container, string path, Func<Stream, CancellationToken, Task> archive, bool noOverwriteDirNonDir, bool copyUidGid, CancellationToken cancellationToken)
    {
        var query = new Query().Add("path", path).Add("noOverwriteDirNonDir", noOverwriteDirNonDir ? "true" : null).Add("copyUIDGID", copyUidGid ? "true" : null);
        return CallAsync(
            "PUT",
            ContainerPath(container, "/archive"),
            new ApiRequest { Query = query, BodyWriter = archive, ContentType = "application/x-tar" },
            cancellationToken);
    }
}

/// <summary>The X-Docker-Container-Path-Stat header.</summary>
/// <param name="Mode">Go's os.FileMode bits (directory: 1 &lt;&lt; 31, symlink: 1 &lt;&lt; 27).</param>
public sealed record PathStat(string Name, long Size, uint Mode, string Modified, string LinkTarget)
{
    private const uint DirectoryBit = 1u << 31;
    private const uint SymlinkBit = 1u << 27;

    public bool IsDirectory => (Mode & DirectoryBit) != 0;

    public bool IsSymlink => (Mode & SymlinkBit) != 0;

    internal static PathStat FromHeader(HttpHead head)
    {
        try
        {
            using var json = JsonDocument.Parse(Convert.FromBase64String(head["X-Docker-Container-Path-Stat"] ?? ""));
            var root = json.RootElement;
            return new PathStat(
                root.GetProperty("name").GetString() ?? "",
                root.GetProperty("size").GetInt64(),
                root.GetProperty("mode").GetUInt32(),
                root.GetProperty("mtime").GetString() ?? "",
                root.GetProperty("linkTarget").GetString() ?? "");
        }
        catch (Exception e) when (e is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw GantryException.DataCorrupt($"unable to get container path stat from response header: {e.Message}", e);
        }
    }
}
