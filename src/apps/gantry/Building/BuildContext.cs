using Gantry.Apps.Cli.Running;
using Gantry.Errors;
using Gantry.IO.Git;
using Gantry.IO.Tar;
using Gantry.IO.Trees;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Building;

/// <summary>What is sent to the engine for a build, and the name of the Dockerfile in it.</summary>
/// <param name="Write">Writes the context as tar; null where the engine fetches it from <paramref name="Remote"/>.</param>
internal sealed record BuildContext(Func<Stream, CancellationToken, Task>? Write, string Dockerfile, string Remote = "") : IDisposable
{
    private const int LargestDockerfile = 16 << 20;
    private const string DefaultName = "Dockerfile";
    private const string IgnoreName = ".dockerignore";

    private GitCheckout? _checkout;

    /// <summary>A directory as context.</summary>
    /// <param name="dockerfile">-f: empty, a path, or "-" for stdin.</param>
    /// <exception cref="GantryException">The directory or the Dockerfile isn't there.</exception>
    public static BuildContext FromDirectory(string path, string dockerfile, Stream input)
    {
        var root = Path.GetFullPath(path).TrimEnd('/') is { Length: > 0 } full ? full : "/";
        if (!Directory.Exists(root))
        {
            throw GantryException.NotFound($"unable to prepare context: path \"{path}\" not found");
        }

        var (name, content) = FindDockerfile(root, dockerfile, input);
        var ignore = ReadIgnore(root, content is null ? name : null);
        if (!ignore.IsEmpty)
        {
            ignore.Keep(IgnoreName);
            ignore.Keep(name);
        }

        return new BuildContext((stream, token) => PackAsync(root, ignore, name, content, stream, token), name);
    }

    /// <summary>A git repository as context, fetched here as docker's CLI does it.</summary>
    /// <param name="dockerfile">-f: empty, or a path in the repository's folder; or "-" for stdin.</param>
    /// <exception cref="GantryException">In Docker's words.</exception>
    public static async Task<BuildContext> FromRepositoryAsync(string address, string dockerfile, Stream input, CancellationToken cancellationToken)
    {
        var checkout = await CloneAsync(address, cancellationToken);
        try
        {
            var path = dockerfile is "" or "-" ? dockerfile : InRepository(checkout.Folder, dockerfile);
            return FromDirectory(checkout.Folder, path, input) with { _checkout = checkout };
        }
        catch
        {
            checkout.Dispose();
            throw;
        }
    }

    /// <summary>Removes what was fetched for it.</summary>
    public void Dispose() => _checkout?.Dispose();

    private static async Task<GitCheckout> CloneAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            return await GitCheckout.CloneAsync(GitAddress.Parse(address), Path.GetTempPath(), new GitSettings(IsIsolated: false, UsesRemoteHead: false), cancellationToken);
        }
        catch (GantryException e)
        {
            var frame = e.Kind == ErrorKind.NotFound ? "" : "unable to 'git clone' to temporary context directory: ";
            throw new GantryException(e.Kind, $"unable to prepare context: {frame}{e.Message}", e);
        }
    }

    /// <summary>Where -f leads in a repository's folder; links in it can't lead out.</summary>
    private static string InRepository(string folder, string dockerfile)
    {
        var path = Path.IsPathRooted(dockerfile) ? dockerfile : Path.GetFullPath(Path.Join(folder, dockerfile));
        var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        return !File.Exists(path)
            ? throw GantryException.NotFound($"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {path}: no such file or directory")
            : target.StartsWith(folder + "/", StringComparison.Ordinal) && path.StartsWith(folder + "/", StringComparison.Ordinal) ? path
            : throw GantryException.InvalidArgument($"unable to prepare context: the Dockerfile ({dockerfile}) must be within the build context");
    }

    /// <summary>stdin as context: a tar, compressed or not, or just a Dockerfile.</summary>
    public static async Task<BuildContext> FromStreamAsync(Stream input, string dockerfile, CancellationToken cancellationToken)
    {
        var head = new byte[Archives.HeadSize];
        var length = await input.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        if (Archives.IsArchive(head.AsSpan(0, length)))
        {
            var name = dockerfile.Length > 0 ? dockerfile : DefaultName;
            return new BuildContext((stream, token) => CopyAsync(head.AsMemory(0, length), input, stream, token), name);
        }

        var content = new MemoryStream();
        content.Write(head, 0, length);
        await CopyLimitedAsync(input, content, cancellationToken);
        return new BuildContext((stream, token) => PackDockerfileAsync(content.ToArray(), stream, token), DefaultName);
    }

    /// <summary>Whether a context is fetched by the engine: the URL of a tar or a Dockerfile.</summary>
    public static bool IsRemote(string context) =>
        context.StartsWith("http://", StringComparison.Ordinal) || context.StartsWith("https://", StringComparison.Ordinal);

    private static (string Name, byte[]? Content) FindDockerfile(string root, string dockerfile, Stream input)
    {
        if (dockerfile == "-")
        {
            using var content = new MemoryStream();
            input.CopyTo(content);
            return (RandomName(), content.ToArray());
        }

        var path = Path.GetFullPath(dockerfile.Length > 0 ? dockerfile : Path.Combine(root, DefaultName));
        if (dockerfile.Length == 0 && !File.Exists(path) && File.Exists(Path.Combine(root, "dockerfile")))
        {
            path = Path.Combine(root, "dockerfile");
        }

        // A relative -f is looked for where we are and, as docker has it, below the context.
        if (!File.Exists(path) && dockerfile.Length > 0 && !Path.IsPathRooted(dockerfile) && File.Exists(Path.Combine(root, dockerfile)))
        {
            path = Path.Combine(root, dockerfile);
        }

        if (!File.Exists(path))
        {
            throw GantryException.NotFound($"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {path}: no such file or directory");
        }

        var prefix = root == "/" ? "/" : root + "/";
        return path.StartsWith(prefix, StringComparison.Ordinal) ? (path[prefix.Length..], null) : (RandomName(), ReadFile(path));
    }

    private static string RandomName() => $".dockerfile.{Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(10))}";

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"unable to open Dockerfile: open {path}: {FileErrors.Describe(e)}", e);
        }
    }

    /// <summary>NAME.dockerignore beside the Dockerfile counts before .dockerignore.</summary>
    private static IgnoreFile ReadIgnore(string root, string? dockerfile)
    {
        var own = dockerfile is null ? null : Path.Combine(root, dockerfile + IgnoreName);
        var path = own is not null && File.Exists(own) ? own : Path.Combine(root, IgnoreName);
        try
        {
            return File.Exists(path) ? IgnoreFile.Parse(File.ReadAllText(path)) : IgnoreFile.Parse("");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"error reading .dockerignore: open {path}: {FileErrors.Describe(e)}", e);
        }
    }

    private static async Task PackAsync(string root, IgnoreFile ignore, string name, byte[]? dockerfile, Stream target, CancellationToken cancellationToken)
    {
        var directory = FileAt.OpenDirectory(root);
        try
        {
            using var writer = new TarWriter(target);
            await TreePacker.PackAsync(directory, writer, Options(ignore), cancellationToken);
            if (dockerfile is not null)
            {
                await writer.WriteEntryAsync(new TarEntry { Name = name, Kind = TarEntryKind.File, Mode = 0x180, Size = dockerfile.Length }, dockerfile, cancellationToken);
            }

            await writer.CompleteAsync(cancellationToken);
        }
        catch (LinuxException e)
        {
            throw e.ToGantry("error checking context");
        }
        finally
        {
            FileAt.Close(directory);
        }
    }

    private static TreePackerOptions Options(IgnoreFile ignore) => new()
    {
        // Who owns a file on this machine means nothing in an image.
        Map = static entry => entry with { UserId = 0, GroupId = 0 },
        Include = ignore.IsEmpty ? null : path => !ignore.Excludes(path) || ignore.MayKeepBelow(path),
        OmitDirectory = ignore.IsEmpty ? null : ignore.Excludes,
    };

    private static async Task PackDockerfileAsync(byte[] content, Stream target, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(target);
        await writer.WriteEntryAsync(new TarEntry { Name = DefaultName, Kind = TarEntryKind.File, Mode = 0x180, Size = content.Length }, content, cancellationToken);
        await writer.CompleteAsync(cancellationToken);
    }

    private static async Task CopyAsync(ReadOnlyMemory<byte> head, Stream input, Stream target, CancellationToken cancellationToken)
    {
        await target.WriteAsync(head, cancellationToken);
        await input.CopyToAsync(target, 128 << 10, cancellationToken);
    }

    private static async Task CopyLimitedAsync(Stream input, MemoryStream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await input.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            target.Write(buffer, 0, read);
            if (target.Length > LargestDockerfile)
            {
                throw GantryException.InvalidArgument("the Dockerfile from stdin is too large");
            }
        }
    }
}

/// <summary>Tells archives from Dockerfiles by their first bytes.</summary>
internal static class Archives
{
    public const int HeadSize = 512;

    private const int UstarOffset = 257;

    public static bool IsArchive(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) // gzip
        || head.StartsWith("BZh"u8)
        || head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) // xz
        || head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) // zstd
        || (head.Length >= UstarOffset + 5 && head[UstarOffset..].StartsWith("ustar"u8));
}
