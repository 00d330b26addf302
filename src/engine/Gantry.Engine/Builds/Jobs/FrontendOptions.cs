using System.Globalization;
using System.Text.Json;
using Gantry.Build;
using Gantry.Engine.Builds.Sessions;
using Gantry.Errors;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>The options of the Dockerfile frontend (moby/buildkit, frontend/dockerui) as a build request.</summary>
internal static class FrontendOptions
{
    private const string Frontend = "dockerfile.v0";
    private const string Gateway = "gateway.v0";
    private const string UploadHost = "http://buildkit-session/";

    /// <exception cref="GantryException">InvalidArgument: a value is malformed; NotImplemented: asks for what this builder lacks.</exception>
    internal static BuildRequest Parse(string frontend, IReadOnlyDictionary<string, string> options, ClientSession? session, Stream? contextTar, IReadOnlyDictionary<string, NamedContext> named)
    {
        CheckFrontend(frontend, options);
        CheckUnsupported(options);
        var context = Value(options, options.GetValueOrDefault("contextkey", "context"));
        var isUpload = context.StartsWith(UploadHost, StringComparison.Ordinal);
        var noCache = options.TryGetValue("no-cache", out var stages);
        var isRemote = context.Length > 0 && !isUpload;
        if (session is null && contextTar is null && !isRemote)
        {
            throw GantryException.InvalidArgument("no active session: the build has no files");
        }

        return new BuildRequest
        {
            Style = BuildStyle.BuildKit,
            ContextTar = contextTar,
            Remote = isRemote ? context : null,
            ClientFiles = session is null ? null : new ClientFiles(session)
            {
                HasContext = !isRemote && contextTar is null,
                ContextFolder = options.GetValueOrDefault("contextkey", "context"),
                DockerfileFolder = options.TryGetValue("dockerfilekey", out var key) ? key : isUpload ? string.Empty : "dockerfile",
                Upload = isUpload ? context[UploadHost.Length..] : string.Empty,
            },
            Dockerfile = options.GetValueOrDefault("filename", "Dockerfile"),
            Target = Value(options, "target"),
            BuildArguments = WithPrefix(options, "build-arg:").ToDictionary(p => p.Key, p => (string?)p.Value),
            Labels = WithPrefix(options, "label:").ToDictionary(),
            NoCache = noCache && stages!.Length == 0,
            NoCacheStages = noCache ? stages!.Split(',', StringSplitOptions.RemoveEmptyEntries) : [],
            Pull = Value(options, "image-resolve-mode") is "pull",
            Platform = Value(options, "platform"),
            CacheFrom = CacheFrom(options),
            NamedContexts = named,
            Epoch = Epoch(Value(options, "build-arg:SOURCE_DATE_EPOCH")),
            CacheNamespace = Value(options, "build-arg:BUILDKIT_CACHE_MOUNT_NS"),
            Steps = Steps(options),
        };
    }

    private static void CheckFrontend(string frontend, IReadOnlyDictionary<string, string> options)
    {
        // An image with a frontend would bring the same one, mostly of another version.
        var isDockerfile = frontend == Frontend || (frontend == Gateway && Value(options, "source").Contains("docker/dockerfile", StringComparison.Ordinal));
        if (!isDockerfile)
        {
            throw GantryException.NotImplemented(frontend == Gateway ? $"frontend image {Value(options, "source")} is not available here: only Dockerfiles are built" : $"unknown frontend: {frontend}");
        }

        if (options.TryGetValue("requestid", out var request))
        {
            throw GantryException.NotImplemented($"unsupported request {request}");
        }
    }

    private static void CheckUnsupported(IReadOnlyDictionary<string, string> options)
    {
        if (Value(options, "platform").Contains(',', StringComparison.Ordinal))
        {
            throw GantryException.NotImplemented("multiple platforms in one build are not available: build for one platform at a time");
        }

        if (options.Keys.FirstOrDefault(k => k.StartsWith("attest:", StringComparison.Ordinal)) is { } attestation)
        {
            throw GantryException.NotImplemented($"attestations are not available: {attestation["attest:".Length..]}");
        }

        if ((Value(options, "hostname") + Value(options, "build-arg:BUILDKIT_SANDBOX_HOSTNAME")).Length > 0)
        {
            throw GantryException.NotImplemented("a host name for the steps of a build is not available");
        }

        if (Value(options, "multi-platform") is "1" or "true" || Value(options, "build-arg:BUILDKIT_MULTI_PLATFORM") is "1" or "true")
        {
            throw GantryException.NotImplemented("images of several platforms are not available: build for one platform at a time");
        }

        if (Value(options, "contextsubdir").Length > 0)
        {
            throw GantryException.NotImplemented("contextsubdir is not available");
        }
    }

    private static DateTimeOffset? Epoch(string text) => text.Length == 0 ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : throw GantryException.InvalidArgument($"invalid SOURCE_DATE_EPOCH: {text}");

    private static StepSettings Steps(IReadOnlyDictionary<string, string> options) => new()
    {
        NetworkMode = Value(options, "force-network-mode") switch
        {
            "" or "sandbox" => string.Empty,
            "host" => "host",
            "none" => "none",
            var other => throw GantryException.InvalidArgument($"invalid netmode {other}"),
        },
        ExtraHosts = Hosts(Value(options, "add-hosts")),
        ShmSize = Number(Value(options, "shm-size"), "failed to parse shm size"),
        CgroupParent = Value(options, "cgroup-parent"),
        Ulimits = [.. Value(options, "ulimit").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Limit)],
    };

    /// <summary><c>name=address,name=address</c>.</summary>
    private static List<string> Hosts(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(host => host.Split('=') is [var name, var address]
        ? $"{name}:{address}" : throw GantryException.InvalidArgument($"failed to parse additional hosts: invalid key-value pair {host}"))];

    /// <summary><c>name=soft:hard</c>.</summary>
    private static StepUlimit Limit(string text)
    {
        var parts = text.Split('=', 2);
        var values = parts.Length == 2 ? parts[1].Split(':', 2) : [];
        const string Failure = "failed to parse ulimit";
        return values.Length == 0 ? throw GantryException.InvalidArgument($"{Failure}: invalid ulimit argument: {text}")
            : new StepUlimit(parts[0], Number(values[0], Failure), Number(values[^1], Failure));
    }

    private static long Number(string text, string failure) => text.Length == 0 ? 0
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw GantryException.InvalidArgument($"{failure}: strconv.ParseInt: parsing \"{text}\": invalid syntax");

    /// <summary>Images of this host named as sources of cached steps; what else there is finds nothing here, as with the docker driver.</summary>
    private static List<string> CacheFrom(IReadOnlyDictionary<string, string> options)
    {
        var names = Value(options, "cache-from").Split(',', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (Value(options, "cache-imports") is { Length: > 0 } json)
        {
            try
            {
                using var document = JsonDocument.Parse(json);
                names.AddRange(document.RootElement.EnumerateArray()
                    .Where(e => e.GetProperty("Type").GetString() == "registry")
                    .Select(e => e.GetProperty("Attrs").GetProperty("ref").GetString()).OfType<string>());
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw GantryException.InvalidArgument($"failed to unmarshal cache-imports: {e.Message}", e);
            }
        }

        return names;
    }

    private static IEnumerable<KeyValuePair<string, string>> WithPrefix(IReadOnlyDictionary<string, string> options, string prefix) => options
        .Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(o => new KeyValuePair<string, string>(o.Key[prefix.Length..], o.Value));

    private static string Value(IReadOnlyDictionary<string, string> options, string name) => options.GetValueOrDefault(name, string.Empty);
}
