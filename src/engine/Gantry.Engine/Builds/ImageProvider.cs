using Gantry.Build;
using Gantry.Engine.Transfers;
using Gantry.Images;
using Gantry.Images.Transfer;
using Gantry.Oci;
using Gantry.Registry;

namespace Gantry.Engine.Builds;

/// <summary>Base images for builds: from the store, or pulled with the credentials of the build's client.</summary>
/// <param name="credentials">Credentials for a registry's domain, or null.</param>
internal sealed class ImageProvider(ImageStore images, TransferService transfers, Func<string, CancellationToken, Task<RegistryCredentials?>> credentials) : IImageProvider
{
    public async Task<Digest> EnsureAsync(
        string reference, Platform? platform, PullPolicy policy, IProgress<PullStatus> progress, CancellationToken cancellationToken)
    {
        if (policy == PullPolicy.Missing && Find(reference, platform) is { } here)
        {
            return here.Id;
        }

        var name = ImageReference.Parse(reference);
        var login = await credentials(name.Domain, cancellationToken).ConfigureAwait(false);
        var pulled = await transfers.PullAsync(name, platform, login, new Translation(progress), cancellationToken).ConfigureAwait(false);
        return pulled.ImageId;
    }

    private ImageRecord? Find(string reference, Platform? platform) => images.Find(reference) is null ? null
        : images.Platforms(reference).FirstOrDefault(image => platform?.Accepts(images.Config(image.Id).Platform) != false);

    private sealed class Translation(IProgress<PullStatus> target) : IProgress<TransferEvent>
    {
        public void Report(TransferEvent value) => target.Report(new PullStatus(value.Id ?? string.Empty, value.Status, value.Current, value.Total));
    }
}
