namespace Gantry.Networks.Files;

/// <summary>The host's resolv.conf, read again when it has changed.</summary>
internal sealed class HostResolvers(string path)
{
    /// <summary>Where systemd-resolved keeps the servers that its stub on loopback asks.</summary>
    private const string SystemdPath = "/run/systemd/resolve/resolv.conf";
    private const string SystemdStub = "127.0.0.53";
    private const string DefaultPath = "/etc/resolv.conf";

    private readonly Lock _lock = new();
    private DateTime _stamp = DateTime.MinValue;
    private ResolvConf _current = new();
    private string? _source;

    /// <summary>The file that the contents come from.</summary>
    public string Source => _source ?? path;

    /// <summary>A missing file is an empty one, as for the C library.</summary>
    public ResolvConf Current
    {
        get
        {
            lock (_lock)
            {
                var stamp = File.GetLastWriteTimeUtc(path);
                if (stamp != _stamp)
                {
                    _stamp = stamp;
                    _current = Read();
                }

                return _current;
            }
        }
    }

    private ResolvConf Read()
    {
        _source = path;
        var direct = ReadFile(path);
        if (path == DefaultPath && direct.Nameservers is [SystemdStub] && File.Exists(SystemdPath))
        {
            _source = SystemdPath;
            return ReadFile(SystemdPath);
        }

        return direct;
    }

    private static ResolvConf ReadFile(string file) => File.Exists(file) ? ResolvConf.Parse(File.ReadAllText(file)) : new ResolvConf();
}
