using System.Runtime.InteropServices;
using Gantry.Apps.Cli.Configuration;
using Gantry.Client;
using Gantry.Client.Api;
using Gantry.Client.Transports;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Engine;

/// <summary>Which engine a call is for.</summary>
/// <param name="IsDefault">Nobody named a host: ours may be started, Docker's may be used.</param>
/// <param name="ContextName">The context in use; "default" where there is none.</param>
internal sealed record EngineTarget(EngineHost Host, TlsOptions? Tls, bool IsDefault, string ContextName)
{
    /// <summary>In this order: --context, -H, DOCKER_HOST, DOCKER_CONTEXT, the config file's context, the default socket.</summary>
    public static EngineTarget Resolve(Cli cli)
    {
        var name = ContextNameOf(cli);
        if (name != ContextStore.DefaultName)
        {
            var context = cli.Contexts.Get(name);
            var tls = cli.Contexts.Tls(context);
            return new EngineTarget(EngineHost.Parse(context.Host ?? "", tls is not null), tls, IsDefault: false, name);
        }

        var globalTls = cli.Globals.Tls();
        var named = cli.Globals.Hosts.Values is [.., var last] ? last : Environment.GetEnvironmentVariable("DOCKER_HOST");
        return string.IsNullOrEmpty(named)
            ? new EngineTarget(DefaultHost(cli, globalTls is not null), globalTls, IsDefault: globalTls is null, name)
            : new EngineTarget(EngineHost.Parse(named, globalTls is not null), globalTls, IsDefault: false, name);
    }

    public static string ContextNameOf(Cli cli)
    {
        var hosts = cli.Globals.Hosts.Values;
        if (cli.Globals.Context.Changed && hosts.Count > 0)
        {
            throw new CommandLine.CliException("conflicting options: cannot specify both --host and --context", 1);
        }

        if (cli.Globals.Context.Changed)
        {
            return cli.Globals.Context.Value;
        }

        if (hosts.Count > 1)
        {
            throw GantryException.InvalidArgument("Specify only one -H");
        }

        if (hosts.Count > 0 || Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
        {
            return ContextStore.DefaultName;
        }

        if (Environment.GetEnvironmentVariable("DOCKER_CONTEXT") is { Length: > 0 } variable)
        {
            return variable;
        }

        return cli.Config.CurrentContext is not { } current ? ContextStore.DefaultName
            : cli.Contexts.Contains(current) ? current
            : throw GantryException.NotFound(
                $"Current context \"{current}\" is not found on the file system, please check your config file at {cli.Config.FileName}");
    }

    public EngineClientOptions ToOptions(Cli cli) => new()
    {
        Host = Host,
        Tls = Tls,
        Version = FixedVersion(),
        UserAgent = $"Docker-Client/{ProductInfo.DockerVersion} (linux)",
        Headers = cli.Config.HttpHeaders,
    };

    private static ApiVersion? FixedVersion()
    {
        var text = Environment.GetEnvironmentVariable("DOCKER_API_VERSION");
        return string.IsNullOrEmpty(text) ? null
            : ApiVersion.TryParse(text, out var version) ? version
            : throw GantryException.InvalidArgument($"invalid API version in DOCKER_API_VERSION: {text}");
    }

    public static EngineHost DefaultHost(Cli cli, bool tls)
    {
        if (tls)
        {
            return EngineHost.Parse("", tls: true);
        }

        // As docker, an engine of Docker's is used where it is the only one there.
        var docker = EngineHost.Parse(EngineHost.DockerSocket);
        var gantry = EngineHost.Parse(EngineHost.GantrySocket);
        return cli.Program == ProductInfo.DockerName && !File.Exists(gantry.Address) && EngineStarter.Answers(docker) ? docker : gantry;
    }
}

/// <summary>Names and versions that texts mention.</summary>
internal static class ProductInfo
{
    public const string DockerName = "docker";
    public const string Name = "gantry";

    /// <summary>The docker CLI whose commands and texts these are.</summary>
    public const string DockerVersion = "28.2.2";

    public const string Version = "0.1.0";

    public static string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };
}
