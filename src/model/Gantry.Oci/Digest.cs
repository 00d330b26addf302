using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Errors;

namespace Gantry.Oci;

/// <summary>
/// A content digest <c>algorithm:hex</c> (OCI image-spec, descriptor.md, "Digests"). Only sha256 and sha512 with the right
/// number of lower-case hex digits parse, so a digest is always safe as a file name.
/// </summary>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest
{
    private static readonly System.Buffers.SearchValues<char> s_hex = System.Buffers.SearchValues.Create("0123456789abcdef");
    private readonly string? _value;

    private Digest(string value) => _value = value;

    /// <summary>True for <c>default(Digest)</c>, which names no content.</summary>
    public bool IsEmpty => _value is null;

    /// <summary>"sha256" or "sha512".</summary>
    public string Algorithm => Value[..Value.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The hex part: 64 or 128 lower-case digits.</summary>
    public string Hex => Value[(Value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The first twelve hex digits, as Docker shows ids.</summary>
    public string Short => Hex[..12];

    private string Value => _value ?? throw new InvalidOperationException("The digest is empty.");

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        var length = text switch
        {
            null => 0,
            _ when text.StartsWith("sha256:", StringComparison.Ordinal) => 64,
            _ when text.StartsWith("sha512:", StringComparison.Ordinal) => 128,
            _ => 0,
        };
        if (length == 0 || text!.Length != 7 + length || text.AsSpan(7).ContainsAnyExcept(s_hex))
        {
            return false;
        }

        digest = new Digest(text);
        return true;
    }

    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static Digest Parse(string? text) =>
        TryParse(text, out var digest) ? digest : throw GantryException.InvalidArgument("invalid checksum digest format");

    /// <summary>Builds a sha256 digest from the 32 bytes of a finished hash.</summary>
    public static Digest FromSha256(ReadOnlySpan<byte> hash) => new("sha256:" + Convert.ToHexStringLower(hash));

    /// <summary>Hashes <paramref name="content"/> with sha256.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return FromSha256(hash);
    }

    public override string ToString() => _value ?? string.Empty;
}

/// <summary>Writes a digest as its string; reading refuses anything malformed.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString();
        return string.IsNullOrEmpty(text) ? default
            : Digest.TryParse(text, out var digest) ? digest
            : throw new JsonException($"invalid digest '{(text.Length > 80 ? text[..80] : text)}'");
    }

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override Digest ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Digest.TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("invalid digest");

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString());
}
