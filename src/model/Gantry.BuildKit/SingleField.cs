using Gantry.IO.Protobuf;

namespace Gantry.BuildKit;

/// <summary>Messages of which one field counts: StatusRequest, EvaluateRequest, BytesMessage, CheckAgentRequest, GetSecretResponse and so on.</summary>
public static class SingleField
{
    /// <summary>The text in <paramref name="field"/>, or empty.</summary>
    public static string Text(ReadOnlySpan<byte> message, int field = 1)
    {
        var reader = new ProtoReader(message);
        var text = string.Empty;
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                text = reader.Text();
            }
            else
            {
                reader.Skip();
            }
        }

        return text;
    }

    /// <summary>The bytes in <paramref name="field"/>, which lie in the message; or none.</summary>
    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> message, int field = 1)
    {
        var reader = new ProtoReader(message);
        var bytes = ReadOnlySpan<byte>.Empty;
        while (reader.Next())
        {
            if (reader.Field == field)
            {
                bytes = reader.Bytes();
            }
            else
            {
                reader.Skip();
            }
        }

        return bytes;
    }

    public static byte[] OfText(string text, int field = 1) => new ProtoWriter().Text(field, text).Written.ToArray();

    public static byte[] OfBytes(ReadOnlySpan<byte> bytes, int field = 1) => new ProtoWriter().Bytes(field, bytes).Written.ToArray();
}
