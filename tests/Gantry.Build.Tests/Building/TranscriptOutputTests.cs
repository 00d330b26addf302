using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

/// <summary>Steps' output that comes in pieces.</summary>
public sealed class TranscriptOutputTests
{
    private static readonly BuildStep s_step = new(1, 1, 0, string.Empty, 1, 1, "RUN x");
    private readonly RecordedTranscript _output = new();
    private readonly ClassicTranscript _transcript;

    public TranscriptOutputTests()
    {
        _transcript = new ClassicTranscript(_output);
        _transcript.Planned([0]);
    }

    [Fact]
    public void A_character_in_two_pieces_is_one()
    {
        _transcript.Output(s_step, StepStream.Output, [(byte)'a', 0xE2, 0x82]);
        _transcript.Output(s_step, StepStream.Error, [0xC3]);
        _transcript.Output(s_step, StepStream.Output, [0xAC, (byte)'b']);
        _transcript.Output(s_step, StepStream.Error, [0xA4]);

        Assert.Equal("a\u20acb\u001b[91m\u00e4\u001b[0m", _output.ToString());
    }

    [Fact]
    public void A_step_and_the_end_of_its_line_are_two_messages()
    {
        _transcript.StepStarted(s_step);
        _transcript.ContainerStarted(s_step, "0123456789abcdef");

        Assert.Equal(["Step 1/1 : RUN x", "\n", " ---> Running in 0123456789ab\n"], _output.Texts);
    }

    [Fact]
    public void An_unfinished_character_is_told_at_the_end()
    {
        _transcript.Output(s_step, StepStream.Output, [(byte)'a', 0xE2, 0x82]);
        _transcript.StepFinished(s_step, "sha256:0123456789abcdef");

        Assert.Equal("a\ufffd ---> 0123456789ab\n", _output.ToString());
    }
}
