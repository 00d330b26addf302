using Gantry.Errors;

namespace Gantry.Runtime.Spec;

/// <summary>A process's environment: the engine's variables, then the image's and the user's over them.</summary>
public static class ContainerEnvironment
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>
    /// Variables in the order of their first mention, each with its last value. <paramref name="configured"/> is the container's
    /// <c>Env</c>; an entry without <c>=</c> takes the variable away.
    /// </summary>
    public static IReadOnlyList<string> Build(string? hostname, bool terminal, IEnumerable<string> fromEngine, IEnumerable<string>? configured)
    {
        var variables = new List<string> { DefaultPath };
        if (!string.IsNullOrEmpty(hostname))
        {
            variables.Add("HOSTNAME=" + hostname);
        }

        if (terminal)
        {
            variables.Add("TERM=xterm");
        }

        variables.AddRange(fromEngine);
        // An empty HOME is for the runtime to fill from the user's entry: runc does, crun only where there is none.
        var merged = Merge(variables, configured ?? []);
        return merged.Contains("HOME=") ? [.. merged.Where(v => v != "HOME=")] : merged;
    }

    /// <summary><paramref name="defaults"/> with <paramref name="overrides"/> put in place or appended.</summary>
    public static IReadOnlyList<string> Merge(IEnumerable<string> defaults, IEnumerable<string> overrides)
    {
        var merged = new List<string>(defaults);
        foreach (var entry in overrides)
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? entry : entry[..equals];
            var at = merged.FindIndex(existing => existing.AsSpan().StartsWith(name, StringComparison.Ordinal)
                && existing.Length > name.Length && existing[name.Length] == '=');
            if (equals < 0)
            {
                if (at >= 0)
                {
                    merged.RemoveAt(at);
                }
            }
            else if (at >= 0)
            {
                merged[at] = entry;
            }
            else
            {
                merged.Add(entry);
            }
        }

        return merged;
    }

    /// <summary>Throws InvalidArgument when an entry has no name or could not be passed to a process.</summary>
    public static void Check(IEnumerable<string>? entries)
    {
        foreach (var entry in entries ?? [])
        {
            if (entry.Length == 0 || entry[0] == '=' || entry.Contains('\0', StringComparison.Ordinal))
            {
                throw GantryException.InvalidArgument($"invalid environment variable: {entry}");
            }
        }
    }
}
