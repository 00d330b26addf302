using System.Text;
using Gantry.Errors;

namespace Gantry.Fuzz.Tests;

/// <summary>A parser that bytes of strangers reach, with valid inputs to start from.</summary>
/// <param name="Parse">Throws only <see cref="GantryException"/> for input that it refuses.</param>
internal sealed record FuzzTarget(string Name, Action<byte[]> Parse, params byte[][] Seeds)
{
    internal static FuzzTarget OfText(string name, Action<string> parse, params string[] seeds) =>
        new(name, bytes => parse(Encoding.UTF8.GetString(bytes)), [.. seeds.Select(Encoding.UTF8.GetBytes)]);

    /// <summary>Null when the parser behaves, else what escaped from it.</summary>
    internal Exception? Try(byte[] input)
    {
        try
        {
            Parse(input);
            return null;
        }
        catch (GantryException)
        {
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
