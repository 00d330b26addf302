using System.Reflection;

namespace Gantry.Engine;

/// <summary>The product's version as clients see it.</summary>
public static class EngineVersion
{
    /// <summary>Dotted version without a commit: <c>0.1.0</c>.</summary>
    public static string Text { get; } = typeof(EngineVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Commit the build was made from, or empty.</summary>
    public static string Commit { get; } = ReadCommit();

    private static string ReadCommit()
    {
        var informational = typeof(EngineVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? string.Empty;
        var plus = informational.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? string.Empty : informational[(plus + 1)..Math.Min(informational.Length, plus + 8)];
    }
}
