namespace Gantry.Registry.Transport;

/// <summary>A request that can be sent again: after a 401, a redirect or a failure.</summary>
internal sealed record RequestPlan(HttpMethod Method, Uri Uri)
{
    /// <summary>Makes the body anew for each sending.</summary>
    internal Func<HttpContent>? Content { get; init; }

    internal IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>Asks an old index for a session, as Docker does when it searches.</summary>
    internal bool WantsToken { get; init; }

    /// <summary>First byte wanted; 0 asks for everything without a range.</summary>
    internal long Offset { get; init; }

    /// <summary>Byte after the last one wanted; null for all that follow.</summary>
    internal long? End { get; init; }

    /// <summary>A redirect to another host is an error instead of being followed without credentials.</summary>
    internal bool StayOnHost { get; init; }

    /// <summary>Told whenever part of the body went out, so that a slow upload is not taken for a hanging server.</summary>
    internal StallTimer? BodyProgress { get; init; }

    /// <summary>The verb as Go writes it in errors.</summary>
    internal string Verb => Method.Method[..1] + Method.Method[1..].ToLowerInvariant();

    internal HttpRequestMessage ToMessage(Uri uri)
    {
        var message = new HttpRequestMessage(Method, uri) { Content = Content?.Invoke() };
        foreach (var type in Accept)
        {
            message.Headers.TryAddWithoutValidation("Accept", type);
        }

        if (WantsToken)
        {
            message.Headers.TryAddWithoutValidation("X-Docker-Token", "true");
        }

        if (Offset > 0 || End is not null)
        {
            message.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(Offset, End - 1);
        }

        return message;
    }
}
