namespace Gantry.Engine.Daemon;

/// <summary>A proxy's address as it may be shown.</summary>
public static class ProxyAddress
{
    /// <summary>Credentials in a proxy's address are nobody's business: they become <c>xxxxx:xxxxx</c>. Anything but a URL stays as it is.</summary>
    public static string WithoutCredentials(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.UserInfo.Length > 0
            ? address.Replace(uri.UserInfo + "@", "xxxxx:xxxxx@", StringComparison.Ordinal)
            : address;
}
