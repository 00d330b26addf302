using System.Text.Json;
using Gantry.Api;
using Gantry.Engine.Http.Resources;
using Gantry.Images.Transfer;

namespace Gantry.Engine.Http.Streams;

/// <summary>Pull and push messages in Docker's JSON.</summary>
internal sealed class TransferMessages(MessageStream stream) : IProgress<TransferEvent>
{
    public void Report(TransferEvent value)
    {
        if (value.Status.Length > 0)
        {
            stream.Send(Message(value.Status, value.Id, value.HasDetail, value.Current, value.Total));
        }

        if (value.Pushed is { } pushed)
        {
            using var aux = JsonDocument.Parse($$"""{"Tag":"{{pushed.Tag}}","Digest":"{{pushed.Digest}}","Size":{{pushed.Size}}}""");
            stream.Send(new JsonMessage { ProgressDetail = new JsonProgress(), Aux = aux.RootElement.Clone() });
        }
    }

    internal static JsonMessage Message(string status, string? id, bool hasDetail, long current, long total) => new()
    {
        Status = status,
        Id = id,
        ProgressDetail = !hasDetail ? null : total > 0 ? new JsonProgress { Current = current, Total = total } : new JsonProgress(),
        Progress = hasDetail && total > 0 ? ProgressBar.Format(current, total) : null,
    };
}
