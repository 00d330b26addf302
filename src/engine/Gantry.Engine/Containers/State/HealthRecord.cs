namespace Gantry.Engine.Containers.State;

/// <summary>What is known of a container's health; immutable. Only containers with a health check that have been started have one.</summary>
public sealed record HealthRecord
{
    public const string Starting = "starting";
    public const string Healthy = "healthy";
    public const string Unhealthy = "unhealthy";

    /// <summary>One of the constants.</summary>
    public required string Status { get; init; }

    /// <summary>Failures that counted since the last success.</summary>
    public int FailingStreak { get; init; }

    /// <summary>The last results, oldest first.</summary>
    public IReadOnlyList<HealthResult> Log { get; init; } = [];
}

/// <summary>One run of a health check.</summary>
/// <param name="ExitCode">The probe's; -1 when it did not start or took too long.</param>
/// <param name="Output">Its output, or why there is none.</param>
public sealed record HealthResult(DateTimeOffset Start, DateTimeOffset End, int ExitCode, string Output);
