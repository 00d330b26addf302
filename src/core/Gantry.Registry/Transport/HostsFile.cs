using Gantry.Errors;

namespace Gantry.Registry.Transport;

/// <summary>One <c>[host."URL"]</c> of a <see cref="HostsFile"/>.</summary>
/// <param name="CanPull">It has blobs, and manifests by digest.</param>
/// <param name="CanResolve">It may be asked what a tag is.</param>
/// <param name="SkipVerify">Its certificate is not checked.</param>
/// <param name="IsWholePath">The address has the API's whole path in it, what else is <c>/v2/</c> (<c>override_path</c>).</param>
internal sealed record HostsEntry(Uri Url, bool CanPull, bool CanResolve, bool SkipVerify, bool IsWholePath, HostSettings Settings);

/// <summary>
/// containerd's <c>certs.d/HOST/hosts.toml</c>: where else a registry's images are, in the order in which they are asked, and how these hosts are
/// spoken to. What is said in any other way is refused rather than ignored; the registry's own certificates lie beside it, as Docker has them.
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
        var inHeader = false;
        for (var number = 0; number < lines.Count; number++)
        {
            var line = WithoutComment(lines[number]).Trim();
            if (line.Length == 0)
            {
                continue;
            }

            if (line[0] == '[')
            {
                (inHeader, var url) = Section(path, number, line);
                if (!inHeader)
                {
                    hosts.Add(new HostsEntry(url, CanPull: true, CanResolve: true, SkipVerify: false, IsWholePath: false, HostSettings.None));
                }
                else if (hosts.Count == 0 || hosts[^1].Url != url)
                {
                    throw Refused(path, number, $"{line} does not follow its host");
                }

                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var value = equals < 0 ? throw Refused(path, number, "expected a name, an equals sign and a value") : line[(equals + 1)..].Trim();
            var first = number;
            while (!TomlValue.IsComplete(value) && ++number < lines.Count)
            {
                value += " " + WithoutComment(lines[number]).Trim();
            }

            var name = line[..equals].Trim();
            if (hosts.Count == 0)
            {
                server = name == "server" && TomlValue.Parse(value) is string address ? Address(path, first, address, anyPath: false) : throw Refused(path, first, $"{line} is not supported");
            }
            else
            {
                var changed = inHeader ? WithHeader(hosts[^1], Unquote(name) ?? name, TomlValue.Parse(value)) : With(hosts[^1], Path.GetDirectoryName(path)!, name, TomlValue.Parse(value));
                hosts[^1] = changed ?? throw Refused(path, first, $"{line} is not supported");
            }
        }

        foreach (var host in hosts.Where(host => !host.IsWholePath && host.Url.AbsolutePath is not ("/" or "/v2" or "/v2/")))
        {
            throw GantryException.InvalidArgument($"{path}: {host.Url} has a path: that takes override_path = true");
        }

        return new HostsFile(server, [.. hosts.Select(host => host.IsWholePath ? host : host with { Url = new Uri(host.Url.GetLeftPart(UriPartial.Authority) + "/") })]);
    }

    /// <summary><c>[host."URL"]</c>, or <c>[host."URL".header]</c>.</summary>
    private static (bool IsHeader, Uri Url) Section(string path, int number, string line)
    {
        const string Start = "[host.";
        const string Header = ".header";
        var inner = line.StartsWith(Start, StringComparison.Ordinal) && line[^1] == ']' ? line[Start.Length..^1].Trim() : string.Empty;
        var isHeader = inner.EndsWith(Header, StringComparison.Ordinal);
        return Unquote((isHeader ? inner[..^Header.Length] : inner).Trim()) is { } url
            ? (isHeader, Address(path, number, url, anyPath: true))
            : throw Refused(path, number, $"{line} is not supported");
    }

    /// <summary>The host with what one line says; null for what it can't say.</summary>
    private static HostsEntry? With(HostsEntry host, string directory, string name, object? value) => (name, value) switch
    {
        ("capabilities", List<object>) when TomlValue.Strings(value) is { } words => host with { CanPull = words.Contains("pull"), CanResolve = words.Contains("resolve") },
        ("skip_verify", bool skip) => host with { SkipVerify = skip },
        ("override_path", bool whole) => host with { IsWholePath = whole },
        ("ca", _) when TomlValue.Strings(value) is { } files => host with { Settings = host.Settings with { Authorities = [.. files.Select(file => Path.Combine(directory, file))] } },
        ("client", _) when Clients(value, directory) is { } clients => host with { Settings = host.Settings with { Clients = clients } },
        _ => null,
    };

    private static HostsEntry? WithHeader(HostsEntry host, string name, object? value) =>
        TomlValue.Strings(value) is { } values && name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && values.All(v => !v.AsSpan().ContainsAny('\r', '\n'))
            ? host with { Settings = host.Settings with { Headers = [.. host.Settings.Headers, new(name, values)] } }
            : null;

    /// <summary>A file with certificate and key, several of such, or pairs of files.</summary>
    private static List<(string Certificate, string Key)>? Clients(object? value, string directory)
    {
        var clients = new List<(string, string)>();
        foreach (var item in value is List<object> list ? list : value is string ? [value] : [])
        {
            var files = TomlValue.Strings(item);
            if (files is not { Count: 1 or 2 })
            {
                return null;
            }

            clients.Add((Path.Combine(directory, files[0]), Path.Combine(directory, files[^1])));
        }

        return clients.Count > 0 ? clients : null;
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

    private static Uri Address(string path, int number, string text, bool anyPath)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "https://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") && uri.UserInfo.Length == 0 && uri.Query.Length == 0
            && (anyPath || uri.AbsolutePath is "/" or "/v2")
            ? new Uri(anyPath ? uri.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/" : uri.GetLeftPart(UriPartial.Authority) + "/")
            : throw Refused(path, number, $"\"{text}\" is no address of a registry");
    }

    private static GantryException Refused(string path, int number, string what) => GantryException.InvalidArgument($"{path}: line {number + 1}: {what}");
}
