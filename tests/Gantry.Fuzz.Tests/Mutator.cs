namespace Gantry.Fuzz.Tests;

/// <summary>Changes inputs as fuzzers do: bits, bytes, numbers at their limits, cuts, repetitions, splices. The same seed makes the same inputs.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus)
{
    private const int MaxLength = 16 * 1024;
    private static readonly byte[] s_telling = [0, 1, 9, 10, 13, 32, 34, 36, 37, 39, 40, 42, 44, 45, 46, 47, 48, 57, 58, 61, 64, 91, 92, 93, 123, 125, 127, 128, 192, 254, 255];
    private readonly Random _random = new(seed);

    internal byte[] Next()
    {
        List<byte> data = [.. Any()];
        for (var changes = 1 + _random.Next(6); changes > 0; changes--)
        {
            Change(data);
        }

        return data.Count <= MaxLength ? [.. data] : [.. data.Take(MaxLength)];
    }

    private void Change(List<byte> data)
    {
        if (data.Count == 0)
        {
            data.AddRange(Any());
            return;
        }

        var at = _random.Next(data.Count);
        var length = 1 + _random.Next(Math.Min(64, data.Count - at));
        switch (_random.Next(9))
        {
            case 0:
                data[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                data[at] = s_telling[_random.Next(s_telling.Length)];
                break;
            case 2:
                data.Insert(at, s_telling[_random.Next(s_telling.Length)]);
                break;
            case 3:
                data.RemoveRange(at, length);
                break;
            case 4:
                data.RemoveRange(at, data.Count - at);
                break;
            case 5:
                data.InsertRange(at, data.GetRange(at, length));
                break;
            case 6:
                var piece = data.GetRange(at, length);
                for (var n = _random.Next(200); n > 0 && data.Count < MaxLength; n--)
                {
                    data.InsertRange(at, piece);
                }

                break;
            case 7:
                var other = Any();
                data.RemoveRange(at, data.Count - at);
                data.AddRange(other.Skip(_random.Next(other.Length + 1)));
                break;
            default:
                for (var i = at; i < Math.Min(data.Count, at + 4); i++)
                {
                    data[i] = _random.Next(2) == 0 ? (byte)0xFF : (byte)0x7F;
                }

                break;
        }
    }

    private byte[] Any() => corpus[_random.Next(corpus.Count)];
}
