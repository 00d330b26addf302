using System.Net;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Running;

/// <summary>--name, --platform, --pull and --quiet.</summary>
/// <param name="verb">"running" or "creating", for the help.</param>
internal sealed class CreateFlags(FlagSet flags, string verb)
{
    public Flag<string> Name { get; } = flags.String("name", "Assign a name to the container");

    public Flag<string> Platform { get; } = flags.String("platform", "Set platform if server is multi-platform capable");

    public Flag<string> Pull { get; } = flags.String("pull", $"Pull image before {verb} (\"always\", \"{(verb == "creating" ? "|" : "")}missing\", \"never\")", value: "missing");

    public Flag<bool> Quiet { get; } = flags.Bool("quiet", "Suppress the pull output", 'q');

    public Flag<bool> DisableContentTrust { get; } = flags.Bool("disable-content-trust", "Skip image verification", value: true);

    public Flag<bool> UseApiSocket { get; } = flags.Bool("use-api-socket", "Bind mount Docker API socket and required auth");

    /// <exception cref="GantryException">A value is none, or what it asks for isn't there.</exception>
    public void Check()
    {
        if (Pull.Value is not ("always" or "missing" or "never" or ""))
        {
            throw GantryException.InvalidArgument($"invalid pull option: '{Pull.Value}': must be one of \"always\", \"missing\" or \"never\"");
        }

        ContentTrust.Check(DisableContentTrust);
    }
}

/// <summary>Docker Content Trust is not there.</summary>
internal static class ContentTrust
{
    public static void Check(Flag<bool> disabled)
    {
        if (!disabled.Value)
        {
            throw GantryException.NotImplemented("--disable-content-trust=false is not implemented yet: images can't be verified by Docker Content Trust");
        }
    }
}

/// <summary>Creates a container, pulling its image where the engine lacks it.</summary>
internal sealed class ContainerCreator(Cli cli, CreateFlags create, string idFile)
{
    /// <returns>The new container's id.</returns>
    public async Task<string> CreateAsync(ContainerCreateRequest request, CancellationToken cancellationToken)
    {
        if (request.HostConfig!.Dns?.FirstOrDefault(d => IPAddress.TryParse(d, out var address) && IPAddress.IsLoopback(address)) is { } local)
        {
            cli.Error.WriteLine($"WARNING: Localhost DNS ({local}) may fail in containers.");
        }

        var socket = create.UseApiSocket.Value ? await ApiSocket.PrepareAsync(cli, request, cancellationToken) : null;
        using var file = ContainerIdFile.Create(idFile);
        var reference = ParseImage(request.Image!);
        var platform = Platforms.Check(create.Platform.Value, "error parsing specified platform: ");
        if (create.Pull.Value == "always" && reference is not null)
        {
            await PullAsync(reference, platform, cancellationToken);
        }

        var size = TerminalInfo.Size(TerminalInfo.StandardOutput);
        request.HostConfig.ConsoleSize = size is var (rows, columns) ? [rows, columns] : null;
        var response = await CreateOrPullAsync(request, reference, platform, cancellationToken);
        foreach (var warning in response.Warnings ?? [])
        {
            cli.Error.WriteLine($"WARNING: {warning}");
        }

        var id = response.Id ?? throw GantryException.DataCorrupt("the engine created a container without an id");
        file?.Write(id);
        if (socket is not null)
        {
            await socket.InjectAsync(cli, id, cancellationToken);
        }

        return id;
    }

    private async Task<ContainerCreateResponse> CreateOrPullAsync(
        ContainerCreateRequest request, ImageReference? reference, string? platform, CancellationToken cancellationToken)
    {
        try
        {
            return await cli.Client.CreateContainerAsync(request, create.Name, platform, cancellationToken);
        }
        catch (GantryException e) when (e.Kind == ErrorKind.NotFound && reference is not null && create.Pull.Value == "missing")
        {
            if (!create.Quiet.Value)
            {
                cli.Error.WriteLine($"Unable to find image '{reference.Familiar}' locally");
                cli.Error.Flush();
            }

            await PullAsync(reference, platform, cancellationToken);
            return await cli.Client.CreateContainerAsync(request, create.Name, platform, cancellationToken);
        }
    }

    private Task PullAsync(ImageReference reference, string? platform, CancellationToken cancellationToken) =>
        ImagePuller.PullAsync(cli, reference, platform, create.Quiet ? null : cli.Error, TerminalInfo.StandardError, cancellationToken);

    /// <summary>Null for an image id, which can't be pulled.</summary>
    private static ImageReference? ParseImage(string image)
    {
        var digits = image.StartsWith("sha256:", StringComparison.Ordinal) ? image[7..] : image;
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigitLower) ? null : ImageReference.Parse(image).WithDefaultTag();
    }
}

/// <summary>--cidfile: must not be there before, and is not there after a failure.</summary>
internal sealed class ContainerIdFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private bool _written;

    private ContainerIdFile(string path, FileStream file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Null where no file is wanted.</summary>
    public static ContainerIdFile? Create(string path)
    {
        if (path.Length == 0)
        {
            return null;
        }

        if (File.Exists(path))
        {
            throw GantryException.Conflict($"container ID file found, make sure the other container isn't running or delete {path}");
        }

        try
        {
            return new ContainerIdFile(path, new FileStream(path, FileMode.CreateNew, FileAccess.Write));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"failed to create the container ID file: open {path}: {FileErrors.Describe(e)}", e);
        }
    }

    public void Write(string id)
    {
        _file.Write(System.Text.Encoding.ASCII.GetBytes(id));
        _written = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_written)
        {
            File.Delete(_path);
        }
    }
}
