using Gantry.Api;

namespace Gantry.Runtime.Spec;

/// <summary>A checked configuration: settings that this host can't hold are taken out, each with a warning in Docker's words.</summary>
/// <param name="HostConfig">What to store and to start the container with; the input is left as it was.</param>
/// <param name="Warnings">For the client, in the order they were found.</param>
public sealed record ValidationResult(HostConfig HostConfig, IReadOnlyList<string> Warnings);
