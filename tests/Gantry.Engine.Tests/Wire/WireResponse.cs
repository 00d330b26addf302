using System.Text;

namespace Gantry.Engine.Tests.Wire;

/// <summary>How the end of a body is told.</summary>
internal enum Framing
{
    None,
    Length,
    Chunked,
    Close,
}

/// <summary>One HTTP/1.1 response.</summary>
/// <param name="IsWhole">False when the connection or the patience ended before the body did.</param>
internal sealed record WireResponse(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, Framing Framing, bool IsWhole)
{
    internal string Text => Encoding.UTF8.GetString(Body);

    internal string Header(string name) => Headers.TryGetValue(name, out var value) ? value : string.Empty;
}
