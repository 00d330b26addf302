using Gantry.Api;
using Gantry.Client.Http;

namespace Gantry.Client;

/// <summary>A wait that the engine has registered. Its answer is read when it is asked for.</summary>
public sealed class ContainerWait : IDisposable
{
    private const int LargestAnswer = 1 << 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    private readonly HttpResponse _response;

    internal ContainerWait(HttpResponse response) => _response = response;

    /// <summary>Completes when the container meets the condition; to be called once.</summary>
    /// <exception cref="Errors.GantryException">Unavailable: the connection broke.</exception>
    public async Task<ContainerWaitResponse> ResultAsync(CancellationToken cancellationToken)
    {
        (_response.Body as ResponseBody)?.WaitReadable(s_patience);
        return EngineClient.Parse(
            await EngineClient.ReadAllAsync(_response, LargestAnswer, cancellationToken).ConfigureAwait(false),
            ContainerWaitResponse.ReadFrom);
    }

    public void Dispose() => _response.Dispose();
}
