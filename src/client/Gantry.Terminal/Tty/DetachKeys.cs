using Gantry.Errors;

namespace Gantry.Terminal.Tty;

/// <summary>The key sequence that detaches from a container: "ctrl-p,ctrl-q" unless configured.</summary>
public static class DetachKeys
{
    public const string Default = "ctrl-p,ctrl-q";

    /// <summary>Reads a sequence such as "ctrl-p,ctrl-q" or "a,ctrl-@".</summary>
    /// <exception cref="GantryException">InvalidArgument: a name is no key.</exception>
    public static byte[] Parse(string keys)
    {
        var result = new List<byte>();
        foreach (var key in keys.Split(','))
        {
            result.Add(key.Length == 1 && key[0] < 128 ? (byte)key[0] : Named(key));
        }

        return [.. result];
    }

    private static byte Named(string key)
    {
        if (key == "del")
        {
            return 127;
        }

        if (key.Length == 6 && key.StartsWith("ctrl-", StringComparison.OrdinalIgnoreCase))
        {
            var c = char.ToLowerInvariant(key[5]);
            if (c is >= 'a' and <= 'z')
            {
                return (byte)(c - 'a' + 1);
            }

            if (c == '@')
            {
                return 0;
            }

            var special = "[\\]^_".IndexOf(c, StringComparison.Ordinal);
            if (special >= 0)
            {
                return (byte)(27 + special);
            }
        }

        throw GantryException.InvalidArgument($"Unknown character: '{key}'");
    }
}

/// <summary>Looks for the detach sequence in what the user types. Bytes that may begin it are held back until it is known that they don't.</summary>
public sealed class DetachFilter(byte[] sequence)
{
    private int _matched;

    /// <summary>Passes on <paramref name="input"/> except the sequence itself.</summary>
    /// <param name="output">Must have room for the input and one sequence more.</param>
    /// <returns>How much of the output counts, and whether the sequence was completed (what follows it is dropped).</returns>
    public (int Written, bool Detached) Process(ReadOnlySpan<byte> input, Span<byte> output)
    {
        var written = 0;
        foreach (var b in input)
        {
            if (sequence.Length == 0)
            {
                output[written++] = b;
                continue;
            }

            while (_matched > 0 && b != sequence[_matched])
            {
                written += Release(output[written..]);
            }

            if (b != sequence[_matched])
            {
                output[written++] = b;
                continue;
            }

            if (++_matched == sequence.Length)
            {
                _matched = 0;
                return (written, true);
            }
        }

        return (written, false);
    }

    /// <summary>At the end of input, the bytes still held back.</summary>
    public byte[] Flush()
    {
        var rest = sequence[.._matched];
        _matched = 0;
        return rest;
    }

    /// <summary>Gives up the current start: passes on its first bytes up to where the rest may be a start again.</summary>
    private int Release(Span<byte> output)
    {
        var dropped = 1;
        while (dropped < _matched && !sequence.AsSpan(dropped, _matched - dropped).SequenceEqual(sequence.AsSpan(0, _matched - dropped)))
        {
            dropped++;
        }

        sequence.AsSpan(0, dropped).CopyTo(output);
        _matched -= dropped;
        return dropped;
    }
}
