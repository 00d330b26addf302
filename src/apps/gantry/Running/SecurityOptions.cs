using System.Text.Json;
using Gantry.Api;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--security-opt: a seccomp profile is read here, systempaths becomes empty path lists.</summary>
internal static class SecurityOptions
{
    private const int LargestProfile = 16 << 20;

    public static void Apply(HostConfig host, IReadOnlyList<string> options)
    {
        if (options.Count == 0)
        {
            return;
        }

        var result = new List<string>();
        foreach (var option in options)
        {
            if (option == "systempaths=unconfined")
            {
                host.MaskedPaths = [];
                host.ReadonlyPaths = [];
                continue;
            }

            result.Add(Checked(option));
        }

        host.SecurityOpt = result;
    }

    private static string Checked(string option)
    {
        var mark = option.IndexOf('=', StringComparison.Ordinal);
        if (mark < 0 && option != "no-new-privileges" && !option.Contains(':', StringComparison.Ordinal))
        {
            throw GantryException.InvalidArgument($"Invalid --security-opt: {Terminal.Units.Quoting.Quote(option)}");
        }

        return mark > 0 && option[..mark] == "seccomp" && option[(mark + 1)..] is var profile && profile is not ("unconfined" or "builtin")
            ? "seccomp=" + ReadProfile(profile)
            : option;
    }

    private static string ReadProfile(string path)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.InvalidArgument($"opening seccomp profile ({path}) failed: open {path}: {FileErrors.Describe(e)}", e);
        }

        try
        {
            using var json = JsonDocument.Parse(content.Length <= LargestProfile ? content : throw new JsonException("file too large"));
            using var compact = new MemoryStream();
            using (var writer = new Utf8JsonWriter(compact))
            {
                json.RootElement.WriteTo(writer);
            }

            return System.Text.Encoding.UTF8.GetString(compact.ToArray());
        }
        catch (JsonException e)
        {
            throw GantryException.InvalidArgument($"compacting json for seccomp profile ({path}) failed: {GoJsonSyntax.ErrorOfText(content) ?? e.Message}", e);
        }
    }
}
