using System.Security.Cryptography;
using Gantry.BuildKit;
using Gantry.IO.Protobuf;

namespace Gantry.Engine.Builds.Jobs;

/// <summary>
/// A result as an LLB definition (moby/buildkit, solver/pb/ops.proto), so that clients can hand it to another build as its input: one source that names the
/// result. Only this engine understands it.
/// </summary>
internal static class ResultDefinition
{
    private const string Scheme = "gantry-result://";

    internal static byte[] Of(string id)
    {
        const int Source = 3;
        const int Inputs = 1;
        var source = new ProtoWriter().Bytes(Source, SingleField.OfText(Scheme + id)).Written.ToArray();
        var head = new ProtoWriter().Bytes(Inputs, SingleField.OfText(Digest(source))).Written.ToArray();
        var metadata = new[] { source, head }.Select(o => new KeyValuePair<string, byte[]>(Digest(o), []));
        return new ProtoWriter().Bytes(1, source).Bytes(1, head).BytesMap(2, metadata).Written.ToArray();
    }

    /// <summary>The id of the result a definition names, or null.</summary>
    internal static string? Find(ReadOnlySpan<byte> definition)
    {
        const int Operations = 1;
        const int Source = 3;
        var reader = new ProtoReader(definition);
        while (reader.Next())
        {
            if (reader.Field != Operations)
            {
                reader.Skip();
                continue;
            }

            var identifier = SingleField.Text(SingleField.Bytes(reader.Bytes(), Source));
            if (identifier.StartsWith(Scheme, StringComparison.Ordinal))
            {
                return identifier[Scheme.Length..];
            }
        }

        return null;
    }

    private static string Digest(byte[] operation) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(operation));
}
