using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Output;
using Gantry.Client.Http;
using Gantry.Client.Streams;
using Gantry.Oci;
using Gantry.Terminal.Progress;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Running;

/// <summary>Pulls an image and shows how it goes.</summary>
internal static class ImagePuller
{
    /// <param name="output">Where progress goes; null for nowhere.</param>
    /// <param name="fd">The descriptor behind it, which may be a terminal.</param>
    public static async Task PullAsync(Cli cli, ImageReference reference, string? platform, TextOutput? output, int fd, CancellationToken cancellationToken)
    {
        var tag = reference.Digest.IsEmpty ? reference.Tag : reference.Digest.ToString();
        var auth = await new CredentialStore(cli.Config).HeaderAsync(reference, cancellationToken);
        using var response = await cli.Client.PullImageAsync(reference.Name, tag, platform, auth, cancellationToken);
        await ShowAsync(response, output, fd, null, cancellationToken);
    }

    /// <summary>Shows a stream of progress messages to its end.</summary>
    /// <param name="auxiliary">What to do with messages that carry data.</param>
    public static async Task ShowAsync(
        HttpResponse response, TextOutput? output, int fd, Action<System.Text.Json.JsonElement>? auxiliary, CancellationToken cancellationToken)
    {
        var isTerminal = output is not null && TerminalInfo.IsTerminal(fd);
        var display = new JsonMessageDisplay(text => output?.Write(text), isTerminal ? TerminalInfo.Width(fd) : null);
        await foreach (var document in JsonStream.ReadAsync(response.Body, cancellationToken))
        {
            using (document)
            {
                var message = ProgressMessage.FromJson(document.RootElement);
                if (message.Auxiliary is { } data)
                {
                    auxiliary?.Invoke(data);
                    continue;
                }

                display.Show(message);
                output?.Flush();
            }
        }
    }
}
