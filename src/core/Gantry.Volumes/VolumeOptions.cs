using Gantry.Errors;

namespace Gantry.Volumes;

/// <summary>The local driver's options: <c>type</c>, <c>o</c> and <c>device</c> as mount(8) takes them, and <c>size</c>.</summary>
internal static class VolumeOptions
{
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static void Check(string name, IReadOnlyDictionary<string, string>? options)
    {
        if (options is not { Count: > 0 })
        {
            return;
        }

        foreach (var option in options.Keys.Where(k => k is not ("type" or "o" or "device")))
        {
            throw option == "size"
                ? new GantryException(ErrorKind.NotImplemented, $"create {name}: quota size requested but no quota support")
                : GantryException.InvalidArgument($"create {name}: invalid option: \"{option}\"");
        }

        foreach (var required in (string[])["device", "type"])
        {
            if (!options.TryGetValue(required, out var value) || value.Length == 0)
            {
                throw GantryException.InvalidArgument($"create {name}: missing required option: \"{required}\"");
            }
        }
    }

    /// <summary>True when the volume is a mount rather than a directory.</summary>
    internal static bool IsMount(IReadOnlyDictionary<string, string>? options) => options is { Count: > 0 };
}
