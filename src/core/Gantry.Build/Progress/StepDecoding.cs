using System.Text;

namespace Gantry.Build;

/// <summary>Steps' output as text: a character whose bytes come in several pieces is kept until it is whole. Not thread-safe.</summary>
internal sealed class StepDecoding
{
    private readonly Dictionary<(int Step, StepStream Stream), Decoder> _decoders = [];

    internal string Decode(BuildStep step, StepStream stream, ReadOnlySpan<byte> data)
    {
        if (!_decoders.TryGetValue((step.Number, stream), out var decoder))
        {
            _decoders[(step.Number, stream)] = decoder = Encoding.UTF8.GetDecoder();
        }

        return Decode(decoder, data, flush: false);
    }

    /// <summary>What stands for an unfinished character at the end of a step's output; else empty.</summary>
    internal string End(BuildStep step, StepStream stream) =>
        _decoders.Remove((step.Number, stream), out var decoder) ? Decode(decoder, [], flush: true) : string.Empty;

    private static string Decode(Decoder decoder, ReadOnlySpan<byte> data, bool flush)
    {
        var characters = new char[decoder.GetCharCount(data, flush)];
        return new string(characters, 0, decoder.GetChars(data, characters, flush));
    }
}
