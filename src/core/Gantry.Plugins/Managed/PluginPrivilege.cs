namespace Gantry.Plugins.Managed;

/// <summary>Something beyond an ordinary container that a plugin needs and that its user has to grant.</summary>
public sealed record PluginPrivilege
{
    public string Name { get; set; } = "";

    public string Description { get; set; } = "";

    public List<string>? Value { get; set; }

    /// <summary>What a plugin with this configuration needs, in Docker's words and order.</summary>
    public static List<PluginPrivilege> Of(PluginConfiguration configuration)
    {
        var all = new List<PluginPrivilege>();
        if (configuration.Network.Type is not ("null" or "bridge" or ""))
        {
            all.Add(Make("network", "permissions to access a network", configuration.Network.Type));
        }

        if (configuration.IpcHost)
        {
            all.Add(Make("host ipc namespace", "allow access to host ipc namespace", "true"));
        }

        if (configuration.PidHost)
        {
            all.Add(Make("host pid namespace", "allow access to host pid namespace", "true"));
        }

        all.AddRange((configuration.Mounts ?? []).Where(m => m.Source is not null).Select(m => Make("mount", "host path to mount", m.Source!)));
        all.AddRange((configuration.Linux.Devices ?? []).Where(d => d.Path is not null).Select(d => Make("device", "host device to access", d.Path!)));
        if (configuration.Linux.AllowAllDevices)
        {
            all.Add(Make("allow-all-devices", "allow 'rwm' access to all devices", "true"));
        }

        if (configuration.Linux.Capabilities is { Count: > 0 } capabilities)
        {
            all.Add(Make("capabilities", "list of additional capabilities required", [.. capabilities]));
        }

        return all;
    }

    /// <summary>Whether exactly this was granted; neither order nor descriptions matter.</summary>
    public static bool AreSame(IReadOnlyList<PluginPrivilege>? needed, IReadOnlyList<PluginPrivilege>? granted) =>
        Keys(needed).SequenceEqual(Keys(granted), StringComparer.Ordinal);

    private static IEnumerable<string> Keys(IReadOnlyList<PluginPrivilege>? privileges) =>
        (privileges ?? []).Select(p => p.Name + '\0' + string.Join('\0', (p.Value ?? []).Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal);

    private static PluginPrivilege Make(string name, string description, params List<string> value) => new() { Name = name, Description = description, Value = value };
}
