using Gantry.Errors;

namespace Gantry.Engine.Streams;

/// <summary>Finds the key sequence that detaches a terminal in what is typed, holding back no more than a beginning of it.</summary>
public sealed class DetachKeys
{
    private readonly byte[] _keys;
    private int _matched;

    private DetachKeys(byte[] keys) => _keys = keys;

    /// <summary>Parses <c>ctrl-p,ctrl-q</c>; empty text is that default.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static DetachKeys Parse(string text)
    {
        if (text.Length == 0)
        {
            return new DetachKeys([16, 17]);
        }

        return new DetachKeys([.. text.Split(',').Select(key => Key(key, text))]);
    }

    /// <summary>
    /// Passes typed bytes on through <paramref name="forward"/>'s result: what to send to the process. True when the sequence is complete; what
    /// follows it is dropped.
    /// </summary>
    public bool Filter(ReadOnlySpan<byte> typed, List<byte> forward)
    {
        foreach (var b in typed)
        {
            if (b == _keys[_matched])
            {
                if (++_matched == _keys.Length)
                {
                    return true;
                }

                continue;
            }

            // What looked like the beginning was ordinary input.
            forward.AddRange(_keys.AsSpan(0, _matched));
            _matched = b == _keys[0] && _keys.Length > 1 ? 1 : 0;
            if (_matched == 0)
            {
                forward.Add(b);
            }
        }

        return false;
    }

    private static byte Key(string key, string all)
    {
        if (key.Length == 1)
        {
            return (byte)key[0];
        }

        if (key.Length == 6 && key.StartsWith("ctrl-", StringComparison.Ordinal))
        {
            var c = key[5];
            if (c is (>= 'a' and <= 'z') or '@' or '[' or '\\' or ']' or '^' or '_')
            {
                return (byte)(char.ToUpperInvariant(c) - '@');
            }
        }

        throw GantryException.InvalidArgument($"Invalid detach keys ({all}) provided");
    }
}
