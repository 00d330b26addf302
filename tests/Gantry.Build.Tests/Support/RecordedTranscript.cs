using System.Text;

namespace Gantry.Build.Tests.Support;

/// <summary>Collects a classic transcript in the form of the recordings.</summary>
internal sealed class RecordedTranscript : ITranscriptOutput
{
    private readonly StringBuilder _text = new();

    public string LastImage { get; private set; } = string.Empty;

    /// <summary>Its texts, each as it was sent.</summary>
    public List<string> Texts { get; } = [];

    public bool IsEmpty => _text.Length == 0;

    public void Text(string text)
    {
        Texts.Add(text);
        _text.Append(text);
    }

    public void Image(string imageId)
    {
        LastImage = imageId;
        _text.Append("aux\n");
    }

    public void Pull(PullStatus status) => _text.Append(status.Status).Append('\n');

    public override string ToString() => _text.ToString();
}
