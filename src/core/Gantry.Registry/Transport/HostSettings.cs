namespace Gantry.Registry.Transport;

/// <summary>What a hosts.toml says of one host's connections, beyond what lies in certs.d.</summary>
/// <param name="Authorities">PEM files of authorities that may sign its certificate.</param>
/// <param name="Clients">PEM files of client certificates, each with its key's file (the same one where it has both).</param>
/// <param name="Headers">Sent with every request to it, and with no other.</param>
internal sealed record HostSettings(
    IReadOnlyList<string> Authorities, IReadOnlyList<(string Certificate, string Key)> Clients, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Headers)
{
    internal static HostSettings None { get; } = new([], [], []);

    /// <summary>The same for the same files: connections are shared by it.</summary>
    internal string TlsKey => string.Join('\n', Authorities.Concat(Clients.Select(client => $"{client.Certificate}\t{client.Key}")));
}
