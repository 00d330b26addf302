using Gantry.Apps.Daemon.Flags;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Composition;

/// <summary><c>--feature</c> and the file's <c>features</c>: names, with true or false where they are not just switched on.</summary>
internal static class FeatureSettings
{
    /// <summary>What this engine can't be switched to, and what it does instead.</summary>
    private static readonly Dictionary<string, (bool Only, string Why)> s_fixed = new()
    {
        ["containerd-snapshotter"] = (false, "there is no containerd"),
    };

    /// <exception cref="GantryException">InvalidArgument: not a boolean; NotImplemented: a feature that isn't there.</exception>
    internal static IReadOnlyDictionary<string, bool> Read(FlagValues flags)
    {
        var features = new Dictionary<string, bool>();
        foreach (var entry in flags.List("feature"))
        {
            // A name alone switches its feature on.
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            var (name, text) = equals < 0 ? (entry, "true") : (entry[..equals], entry[(equals + 1)..]);
            var value = text switch
            {
                "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
                "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
                _ => throw GantryException.InvalidArgument($"invalid argument \"{name}={text}\" for \"--feature\" flag: invalid boolean value for {name}: {text}"),
            };
            if (s_fixed.TryGetValue(name, out var known) && value != known.Only)
            {
                throw GantryException.NotImplemented($"feature {name}={text} is not available in this version: {known.Why}");
            }

            features[name] = value;
        }

        return features;
    }
}
