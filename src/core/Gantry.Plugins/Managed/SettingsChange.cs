using Gantry.Errors;

namespace Gantry.Plugins.Managed;

/// <summary>
/// Changes what a plugin is started with, as <c>docker plugin set NAME[.FIELD]=VALUE</c> says. Only what the plugin's author declared settable can be changed.
/// </summary>
public static class SettingsChange
{
    private const string Value = "value";
    private const string Path = "path";
    private const string Source = "source";

    /// <summary>All changes, or none.</summary>
    /// <returns>As in Docker the configuration shows sources and paths that were set, too.</returns>
    /// <exception cref="GantryException">Internal in Docker's words.</exception>
    public static (PluginConfiguration Configuration, PluginSettings Settings) Apply(
        PluginConfiguration configuration, PluginSettings settings, IReadOnlyList<string> changes)
    {
        var parsed = changes.Select(Setting.Parse).ToList();
        foreach (var setting in parsed)
        {
            (configuration, settings) = Apply(configuration, settings, setting);
        }

        return (configuration, settings);
    }

    /// <summary>
    /// What was set by the user, on top of another version's values, as far as that version knows the same names: an upgrade.
    /// </summary>
    public static PluginSettings Carry(PluginConfiguration before, PluginSettings settings, PluginConfiguration after)
    {
        var (original, carried) = (PluginSettings.Of(before), PluginSettings.Of(after));
        foreach (var entry in settings.Env.Except(original.Env))
        {
            var equals = entry.IndexOf('=', StringComparison.Ordinal);
            var setting = new Setting(entry[..equals], "", entry[(equals + 1)..]);
            carried = after.Env?.Any(e => e.Name == setting.Name) == true ? carried with { Env = With(carried.Env, setting) } : carried;
        }

        var isSameArgs = settings.Args.SequenceEqual(original.Args) || after.Args.Name != before.Args.Name || before.Args.Name.Length == 0;
        return carried with
        {
            Args = isSameArgs ? carried.Args : settings.Args,
            Mounts = carried.Mounts.ConvertAll(m => settings.Mounts.Find(s => s.Name == m.Name && s.Name.Length > 0 && m.Settable?.Contains(Source) == true) is { } set ? m with { Source = set.Source } : m),
            Devices = carried.Devices.ConvertAll(d => settings.Devices.Find(s => s.Name == d.Name && s.Name.Length > 0 && d.Settable?.Contains(Path) == true) is { } set ? d with { Path = set.Path } : d),
        };
    }

    private static (PluginConfiguration Configuration, PluginSettings Settings) Apply(PluginConfiguration configuration, PluginSettings settings, Setting setting)
    {
        if (configuration.Env?.FirstOrDefault(e => e.Name == setting.Name) is { } variable)
        {
            setting.Check(variable.Settable, Value);
            return (configuration, settings with { Env = With(settings.Env, setting) });
        }

        if (configuration.Mounts?.FirstOrDefault(m => m.Name == setting.Name) is { } mount)
        {
            setting.Check(mount.Settable, Source);
            return mount.Source is null ? throw GantryException.Internal("Plugin config has no mount source") : (
                configuration with { Mounts = WithSource(configuration.Mounts, setting) },
                settings with { Mounts = WithSource(settings.Mounts, setting) });
        }

        if (configuration.Linux.Devices?.FirstOrDefault(d => d.Name == setting.Name) is { } device)
        {
            setting.Check(device.Settable, Path);
            return device.Path is null ? throw GantryException.Internal("Plugin config has no device path") : (
                configuration with { Linux = configuration.Linux with { Devices = WithPath(configuration.Linux.Devices, setting) } },
                settings with { Devices = WithPath(settings.Devices, setting) });
        }

        if (configuration.Args.Name == setting.Name && setting.Name.Length > 0)
        {
            setting.Check(configuration.Args.Settable, Value);
            return (configuration, settings with { Args = [.. setting.NewValue.Split(' ')] });
        }

        throw GantryException.Internal($"setting \"{setting.Name}\" not found in the plugin configuration");
    }

    private static List<string> With(List<string> environment, Setting setting)
    {
        var entry = $"{setting.Name}={setting.NewValue}";
        var at = environment.FindIndex(e => e.StartsWith(setting.Name + "=", StringComparison.Ordinal));
        List<string> changed = [.. environment];
        if (at < 0)
        {
            changed.Add(entry);
        }
        else
        {
            changed[at] = entry;
        }

        return changed;
    }

    private static List<PluginMount> WithSource(List<PluginMount> mounts, Setting setting) =>
        mounts.ConvertAll(m => m.Name == setting.Name ? m with { Source = setting.NewValue } : m);

    private static List<PluginDevice> WithPath(List<PluginDevice> devices, Setting setting) =>
        devices.ConvertAll(d => d.Name == setting.Name ? d with { Path = setting.NewValue } : d);

    /// <summary>One change.</summary>
    private sealed record Setting(string Name, string Field, string NewValue)
    {
        private string Shown => Field.Length > 0 ? $"{Name}.{Field}" : Name;

        /// <summary>The first point divides name and field; what is not given is empty.</summary>
        internal static Setting Parse(string text)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (text, "") : (text[..equals], text[(equals + 1)..]);
            if (equals == 0)
            {
                throw GantryException.Internal("invalid format, must be <name>[.<field>][=<value>]");
            }

            var point = key.IndexOf('.', StringComparison.Ordinal);
            return point < 0 ? new Setting(key, "", value) : new Setting(key[..point], key[(point + 1)..], value);
        }

        /// <summary>Without a field the only one is meant that there is.</summary>
        internal void Check(List<string>? settable, string field)
        {
            if (settable?.Contains(field) != true || (Field.Length > 0 && Field != field))
            {
                throw GantryException.Internal($"\"{Shown}\" is not settable");
            }
        }
    }
}
