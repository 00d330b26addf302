using Gantry.Apps.Daemon.Flags;
using Gantry.Engine.Daemon;
using Gantry.Engine.Diagnostics;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>Proxies for what the engine itself asks of registries: <c>--http-proxy</c>, <c>--https-proxy</c>, <c>--no-proxy</c>.</summary>
internal static class ProxySettings
{
    private static readonly (string Flag, string Variable)[] s_variables = [("http-proxy", "HTTP_PROXY"), ("https-proxy", "HTTPS_PROXY"), ("no-proxy", "NO_PROXY")];

    /// <summary>
    /// Puts them into this process's environment, which is where its HTTP client looks (in both spellings). Must run before anything
    /// connects. Says where the environment said otherwise.
    /// </summary>
    internal static void Apply(FlagValues flags, EngineLog log)
    {
        foreach (var (flag, variable) in s_variables)
        {
            if (flags.Text(flag) is not { Length: > 0 } value)
            {
                continue;
            }

            foreach (var name in new[] { variable, variable.ToLowerInvariant() })
            {
                if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } old && old != value)
                {
                    log.Warn(
                        "overriding existing proxy variable with value from configuration",
                        ("name", name), ("old-value", ProxyAddress.WithoutCredentials(old)), ("new-value", ProxyAddress.WithoutCredentials(value)));
                }

                Environment.SetEnvironmentVariable(name, value);
            }
        }
    }

    /// <summary>For the log: name and value, without credentials.</summary>
    internal static (string Name, object? Value)[] Describe(FlagValues flags) =>
        [.. s_variables.Where(v => flags.Has(v.Flag)).Select(v => (v.Flag, (object?)ProxyAddress.WithoutCredentials(flags.Text(v.Flag))))];
}
