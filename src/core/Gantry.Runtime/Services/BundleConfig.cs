using System.Text.Json;

namespace Gantry.Runtime.Services;

/// <summary>Looks into an OCI configuration for what an error message needs; on the failure path only.</summary>
internal static class BundleConfig
{
    public static string FirstArgument(string bundlePath)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes($"{bundlePath}/config.json"));
            return document.RootElement.TryGetProperty("process", out var process) ? FirstArgument(process) : "";
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // The runtime's own message says what is wrong with the bundle.
            return "";
        }
    }

    public static string FirstArgument(ReadOnlyMemory<byte> processJson)
    {
        try
        {
            using var document = JsonDocument.Parse(processJson);
            return FirstArgument(document.RootElement);
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static string FirstArgument(JsonElement process) =>
        process.ValueKind == JsonValueKind.Object && process.TryGetProperty("args", out var arguments)
            && arguments.ValueKind == JsonValueKind.Array && arguments.GetArrayLength() > 0
            ? arguments[0].GetString() ?? ""
            : "";
}
