namespace Gantry.Client.Http;

/// <summary>A response. Disposing it gives the connection back, or closes it where the body was not read to its end.</summary>
public sealed class HttpResponse : IAsyncDisposable, IDisposable
{
    internal HttpResponse(HttpHead head, Stream body)
    {
        Head = head;
        Body = body;
    }

    public HttpHead Head { get; }

    public int Status => Head.Status;

    public Stream Body { get; }

    /// <summary>The connection itself, where it was asked for and given; the caller disposes it.</summary>
    public HijackedStream? Connection { get; private init; }

    public void Dispose() => Body.Dispose();

    public ValueTask DisposeAsync() => Body.DisposeAsync();

    internal static HttpResponse Hijacked(HttpHead head, HijackedStream stream) => new(head, Stream.Null) { Connection = stream };
}
