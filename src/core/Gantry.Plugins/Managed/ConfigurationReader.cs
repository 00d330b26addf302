using System.Text.Json;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Plugins.Managed;

/// <summary>Reads a plugin's configuration. It comes from strangers: size and depth are bounded, and paths must stay where they belong.</summary>
public static class ConfigurationReader
{
    /// <summary>Bytes.</summary>
    public const int MaxSize = 4 << 20;

    private const int MaxDepth = 64;

    /// <exception cref="GantryException">Internal, as Docker has it: not JSON, of other types, or with paths that lead elsewhere.</exception>
    public static PluginConfiguration Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxSize)
        {
            throw Failure($"larger than {MaxSize} bytes");
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            var configuration = JsonSerializer.Deserialize(ref reader, ManagedJson.Default.PluginConfiguration) ?? new PluginConfiguration();
            return json[(int)reader.BytesConsumed..].Trim(" \t\r\n"u8) is [var more, ..]
                ? throw Failure($"invalid character '{(char)more}' after top-level value")
                : Checked(WithoutNulls(configuration));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: strings that are no UTF-8.
            throw Failure(GoJsonSyntax.Error(json, out _) ?? $"json: cannot unmarshal {(e as JsonException)?.Path ?? "a string"} into a plugin's configuration", e);
        }
    }

    /// <summary>A member that is null is as good as one that isn't there.</summary>
    private static PluginConfiguration WithoutNulls(PluginConfiguration read)
    {
        var args = read.Args ?? new PluginArguments();
        var linux = read.Linux ?? new PluginLinux();
        var face = read.Interface ?? new PluginInterface();
        return read with
        {
            Args = args with { Name = args.Name ?? "", Description = args.Description ?? "", Settable = Texts(args.Settable), Value = Texts(args.Value) },
            Description = read.Description ?? "",
            Documentation = read.Documentation ?? "",
            Entrypoint = Texts(read.Entrypoint),
            Env = Items(read.Env, e => e with { Name = e.Name ?? "", Description = e.Description ?? "", Settable = Texts(e.Settable) }),
            Interface = face with
            {
                Socket = face.Socket ?? "",
                Types = Items(face.Types, t => t),
                ProtocolScheme = string.IsNullOrEmpty(face.ProtocolScheme) ? null : face.ProtocolScheme,
            },
            Linux = linux with
            {
                Capabilities = Texts(linux.Capabilities),
                Devices = Items(linux.Devices, d => d with { Name = d.Name ?? "", Description = d.Description ?? "", Settable = Texts(d.Settable) }),
            },
            Mounts = Items(read.Mounts, m => m with
            {
                Name = m.Name ?? "",
                Description = m.Description ?? "",
                Destination = m.Destination ?? "",
                Type = m.Type ?? "",
                Options = Texts(m.Options),
                Settable = Texts(m.Settable),
            }),
            Network = new PluginNetwork(read.Network?.Type ?? ""),
            PropagatedMount = read.PropagatedMount ?? "",
            User = read.User ?? new PluginUser(),
            WorkDir = read.WorkDir ?? "",
            DockerVersion = string.IsNullOrEmpty(read.DockerVersion) ? null : read.DockerVersion,
            Rootfs = read.Rootfs is { } rootfs ? rootfs with { Type = rootfs.Type ?? "", DiffIds = Texts(rootfs.DiffIds) } : null,
        };
    }

    private static List<string>? Texts(List<string>? list) => list?.ConvertAll(text => text ?? "");

    private static List<T>? Items<T>(List<T>? list, Func<T, T> complete)
        where T : class => list is null ? null : [.. list.Where(item => item is not null).Select(complete)];

    private static PluginConfiguration Checked(PluginConfiguration configuration)
    {
        var socket = configuration.Interface.Socket;
        if (socket is "." or ".." || socket.AsSpan().IndexOfAny('/', '\0') >= 0 || socket.Length > 255)
        {
            throw Failure($"the interface's socket must be the name of a file, not \"{socket}\"");
        }

        var propagated = configuration.PropagatedMount;
        return propagated.Length == 0 || (propagated[0] == '/' && propagated.Trim('/').Length > 0 && !propagated.Contains('\0', StringComparison.Ordinal)
            && !propagated.Split('/').Contains(".."))
            ? configuration
            : throw Failure($"the propagated mount must be an absolute path below the root, not \"{propagated}\"");
    }

    private static GantryException Failure(string reason, Exception? inner = null) => GantryException.Internal($"failed to parse config: {reason}", inner);
}
