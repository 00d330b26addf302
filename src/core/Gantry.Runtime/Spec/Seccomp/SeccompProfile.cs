using System.Text.Json.Serialization;

namespace Gantry.Runtime.Spec;

/// <summary>A profile in Docker's format: the runtime's filter with conditions on architecture, capabilities and kernel.</summary>
internal sealed record SeccompProfile
{
    public string? DefaultAction { get; init; }

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public IReadOnlyList<SeccompArchitecture>? ArchMap { get; init; }

    public IReadOnlyList<string>? Flags { get; init; }

    public string? ListenerPath { get; init; }

    public string? ListenerMetadata { get; init; }

    public IReadOnlyList<SeccompRule>? Syscalls { get; init; }
}

/// <summary>An architecture and those whose calls its kernel takes too.</summary>
internal sealed record SeccompArchitecture
{
    public string? Architecture { get; init; }

    public IReadOnlyList<string>? SubArchitectures { get; init; }
}

/// <summary>One rule; it counts when everything it includes is there and nothing it excludes is.</summary>
internal sealed record SeccompRule
{
    /// <summary>The older form of <see cref="Names"/>.</summary>
    public string? Name { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    public string? Action { get; init; }

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<SeccompRuleArgument>? Args { get; init; }

    public SeccompFilter? Includes { get; init; }

    public SeccompFilter? Excludes { get; init; }
}

internal sealed record SeccompRuleArgument
{
    public uint Index { get; init; }

    public ulong Value { get; init; }

    public ulong ValueTwo { get; init; }

    public string? Op { get; init; }
}

internal sealed record SeccompFilter
{
    public IReadOnlyList<string>? Caps { get; init; }

    public IReadOnlyList<string>? Arches { get; init; }

    /// <summary>Lowest kernel, as <c>4.8</c>.</summary>
    public string? MinKernel { get; init; }
}

/// <summary>Source-generated JSON of profiles; names match in any case, as Go reads them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    MaxDepth = 16)]
[JsonSerializable(typeof(SeccompProfile))]
internal sealed partial class SeccompProfileJson : JsonSerializerContext;
