using System.Net;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>Checks of single values, made while flags are read; the texts are Docker's.</summary>
internal static class FlagChecks
{
    private static readonly HashSet<string> s_sysctls = new(StringComparer.Ordinal)
    {
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
    };

    public static string StreamName(string text) => text.ToLowerInvariant() is "stdin" or "stdout" or "stderr"
        ? text.ToLowerInvariant()
        : throw Invalid("valid streams are STDIN, STDOUT and STDERR");

    /// <summary>A bare name takes its value from our environment, where it has one.</summary>
    public static string EnvironmentVariable(string text)
    {
        if (text.Length == 0 || text[0] == '=')
        {
            throw Invalid($"invalid environment variable: {text}");
        }

        return !text.Contains('=', StringComparison.Ordinal) && Environment.GetEnvironmentVariable(text) is { } value ? $"{text}={value}" : text;
    }

    public static string Label(string text) =>
        text.Split('=')[0].Trim().Length > 0 ? text : throw Invalid($"invalid label '{text}': empty name");

    public static string Sysctl(string text)
    {
        var mark = text.IndexOf('=', StringComparison.Ordinal);
        var name = mark < 0 ? text : text[..mark];
        var allowed = mark >= 0 && (s_sysctls.Contains(name) || name.StartsWith("net.", StringComparison.Ordinal) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal));
        return allowed ? text : throw Invalid($"sysctl '{text}' is not allowed");
    }

    public static string IpAddress(string text) =>
        IPAddress.TryParse(text.Trim(), out var address) && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3)
            ? address.ToString()
            : throw Invalid($"IP address is not correctly formatted: {text}");

    public static string DnsSearch(string text)
    {
        var domain = text.Trim();
        return domain == "." || (domain.Length <= 255 && domain.Any(char.IsAsciiLetter) && domain.TrimEnd('.').Split('.').All(IsDomainLabel))
            ? domain
            : throw Invalid($"{text} is not a valid domain");
    }

    public static string Link(string text) =>
        text.Length == 0 ? throw Invalid("empty string specified for links") : text.Count(c => c == ':') > 1 ? throw Invalid($"bad format for links: {text}") : text;

    /// <summary>"name:ip" or "name=ip"; the answer has a colon and no brackets.</summary>
    public static string ExtraHost(string text)
    {
        var mark = text.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? equals : text.IndexOf(':', StringComparison.Ordinal);
        if (mark <= 0)
        {
            throw Invalid($"bad format for add-host: {Terminal.Units.Quoting.Quote(text)}");
        }

        var (name, address) = (text[..mark], text[(mark + 1)..]);
        if (address is ['[', .. var inner, ']'])
        {
            address = inner;
        }

        return address == "host-gateway" || IPAddress.TryParse(address, out _)
            ? $"{name}:{address}"
            : throw Invalid($"invalid IP address in add-host: {Terminal.Units.Quoting.Quote(address)}");
    }

    /// <summary>"TYPE MAJOR:MINOR PERMISSIONS".</summary>
    public static string DeviceCgroupRule(string text)
    {
        var parts = text.Split(' ');
        var numbers = parts.Length == 3 ? parts[1].Split(':') : [];
        var valid = parts is ["a" or "b" or "c", _, { Length: >= 1 and <= 3 } permissions] && permissions.All(c => "rwm".Contains(c, StringComparison.Ordinal))
            && numbers.Length == 2 && numbers.All(n => n == "*" || (n.Length > 0 && n.All(char.IsAsciiDigit)));
        return valid ? text : throw Invalid($"invalid device cgroup format '{text}'");
    }

    public static string MacAddress(string text)
    {
        var parts = text.Split(text.Contains('-', StringComparison.Ordinal) ? '-' : ':');
        return parts.Length is 6 or 8 or 20 && parts.All(p => p.Length == 2 && p.All(char.IsAsciiHexDigit))
            ? text
            : throw Invalid($"{text} is not a valid mac address");
    }

    private static bool IsDomainLabel(string label) =>
        label.Length > 0 && char.IsAsciiLetterOrDigit(label[0]) && char.IsAsciiLetterOrDigit(label[^1]) && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);
}
