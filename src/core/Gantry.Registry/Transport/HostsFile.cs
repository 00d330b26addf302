using Gantry.Errors;

namespace Gantry.Registry.Transport;

/// <summary>One <c>[host."URL"]</c> of a <see cref="HostsFile"/>.</summary>
/// <param name="CanPull">It has blobs, and manifests by digest.</param>
/// <param name="CanResolve">It may be asked what a tag is.</param>
/// <param name="SkipVerify">Its certificate is not checked.</param>
internal sealed record HostsEntry(Uri Url, bool CanPull, bool CanResolve, bool SkipVerify);

/// <summary>
/// containerd's <c>certs.d/HOST/hosts.toml</c>: where else a registry's images are, in the order in which they are asked. What it can say beyond
/// <c>server</c>, <c>capabilities</c> and <c>skip_verify</c> is refused rather than ignored; certificates lie beside it, as Docker has them.
/// </summary>
/// <param name="Server">Where the registry itself is; null for where its name says.</param>
internal sealed record HostsFile(Uri? Server, IReadOnlyList<HostsEntry> Hosts)
{
    internal static HostsFile None { get; } = new(null, []);

    /// <exception cref="GantryException">InvalidArgument: the file is malformed, or says something that is not supported.</exception>
    internal static HostsFile Read(string certificatesDirectory, string domain)
    {
        // A login's server is what a client typed: only a name of one component leads to a file.
        if (domain.Length == 0 || domain[0] == '.' || domain.Contains('/'))
        {
            return None;
        }

        var path = Path.Combine(certificatesDirectory, domain, "hosts.toml");
        try
        {
            return Parse(path, File.ReadAllLines(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return None;
        }
    }

    internal static HostsFile Parse(string path, IReadOnlyList<string> lines)
    {
        Uri? server = null;
        var hosts = new List<HostsEntry>();
        for (var number = 0; number < lines.Count; number++)
        {
            var line = WithoutComment(lines[number]).Trim();
            if (line.Length == 0)
            {
                continue;
            }

            if (line[0] == '[')
            {
                hosts.Add(line.StartsWith("[host.", StringComparison.Ordinal) && line[^1] == ']' && Unquote(line["[host.".Length..^1].Trim()) is { } url
                    ? new HostsEntry(Address(path, number, url), CanPull: true, CanResolve: true, SkipVerify: false)
                    : throw Refused(path, number, $"{line} is not supported"));
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var value = equals < 0 ? throw Refused(path, number, "expected a name, an equals sign and a value") : line[(equals + 1)..].Trim();
            while (value.StartsWith('[') && !value.EndsWith(']') && ++number < lines.Count)
            {
                value += WithoutComment(lines[number]).Trim();
            }

            switch (line[..equals].Trim())
            {
                case "server" when hosts.Count == 0 && Unquote(value) is { } address:
                    server = Address(path, number, address);
                    break;
                case "capabilities" when hosts.Count > 0 && Words(value) is { } words:
                    hosts[^1] = hosts[^1] with { CanPull = words.Contains("pull"), CanResolve = words.Contains("resolve") };
                    break;
                case "skip_verify" when hosts.Count > 0 && value is ("true" or "false"):
                    hosts[^1] = hosts[^1] with { SkipVerify = value == "true" };
                    break;
                default:
                    throw Refused(path, number, $"{line} is not supported");
            }
        }

        return new HostsFile(server, hosts);
    }

    private static List<string>? Words(string value)
    {
        if (!value.StartsWith('[') || !value.EndsWith(']'))
        {
            return null;
        }

        var items = value[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var words = items.Select(Unquote).OfType<string>().ToList();
        return words.Count == items.Length ? words : null;
    }

    private static string? Unquote(string text) => text.Length >= 2 && text[0] is ('"' or '\'') && text[^1] == text[0] && !text[1..^1].Contains(text[0]) && !text.Contains('\\')
        ? text[1..^1]
        : null;

    /// <summary>A number sign inside quotes is none.</summary>
    private static string WithoutComment(string line)
    {
        var quote = '\0';
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '#' && quote == '\0')
            {
                return line[..i];
            }

            quote = quote == '\0' && line[i] is ('"' or '\'') ? line[i] : line[i] == quote ? '\0' : quote;
        }

        return line;
    }

    private static Uri Address(string path, int number, string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "https://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") && uri.AbsolutePath is ("/" or "/v2") && uri.UserInfo.Length == 0 && uri.Query.Length == 0
            ? new Uri(uri.GetLeftPart(UriPartial.Authority) + "/")
            : throw Refused(path, number, $"\"{text}\" is no address of a registry");
    }

    private static GantryException Refused(string path, int number, string what) => GantryException.InvalidArgument($"{path}: line {number + 1}: {what}");
}
