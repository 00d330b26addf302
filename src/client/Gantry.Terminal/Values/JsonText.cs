using System.Buffers;

namespace Gantry.Terminal.Values;

/// <summary>Lays JSON text out anew without touching its values: numbers and escapes stay as they were written.</summary>
public static class JsonText
{
    /// <summary>One value a line, as Go's json.Indent does; empty objects and lists stay on theirs.</summary>
    /// <param name="json">Valid JSON.</param>
    /// <param name="indent">One level.</param>
    public static byte[] Indent(ReadOnlySpan<byte> json, string indent)
    {
        var output = new ArrayBufferWriter<byte>(json.Length * 2);
        var depth = 0;
        var fresh = false;
        for (var i = 0; i < json.Length; i++)
        {
            var b = json[i];
            if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                continue;
            }

            if (b is (byte)'}' or (byte)']')
            {
                depth--;
                if (!fresh)
                {
                    NewLine(output, indent, depth);
                }

                fresh = false;
                Put(output, b);
                continue;
            }

            if (fresh)
            {
                NewLine(output, indent, depth);
                fresh = false;
            }

            switch (b)
            {
                case (byte)'"':
                    var end = StringEnd(json, i);
                    output.Write(json[i..end]);
                    i = end - 1;
                    break;
                case (byte)'{' or (byte)'[':
                    Put(output, b);
                    depth++;
                    fresh = true;
                    break;
                case (byte)',':
                    Put(output, b);
                    NewLine(output, indent, depth);
                    break;
                case (byte)':':
                    output.Write(": "u8);
                    break;
                default:
                    Put(output, b);
                    break;
            }
        }

        return output.WrittenSpan.ToArray();
    }

    private static int StringEnd(ReadOnlySpan<byte> json, int start)
    {
        for (var i = start + 1; i < json.Length; i++)
        {
            if (json[i] == '\\')
            {
                i++;
            }
            else if (json[i] == '"')
            {
                return i + 1;
            }
        }

        return json.Length;
    }

    private static void NewLine(ArrayBufferWriter<byte> output, string indent, int depth)
    {
        Put(output, (byte)'\n');
        for (var level = 0; level < depth; level++)
        {
            foreach (var c in indent)
            {
                Put(output, (byte)c);
            }
        }
    }

    private static void Put(ArrayBufferWriter<byte> output, byte b)
    {
        output.GetSpan(1)[0] = b;
        output.Advance(1);
    }
}
