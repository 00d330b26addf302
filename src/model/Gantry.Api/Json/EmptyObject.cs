namespace Gantry.Api;

/// <summary>The value <c>{}</c> of Go's <c>map[string]struct{}</c> (ExposedPorts, Volumes).</summary>
public sealed record EmptyObject
{
    public static EmptyObject Instance { get; } = new();
}
