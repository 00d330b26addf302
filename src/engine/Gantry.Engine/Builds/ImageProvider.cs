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
        if (policy == PullPolicy.Missing && images.Find(reference) is { } here && IsFor(here, platform))
        {
            return here.Id;
        }

        var name = ImageReference.Parse(reference);
        var login = await credentials(name.Domain, cancellationToken).ConfigureAwait(false);
        var pulled = await transfers.PullAsync(name, platform, login, new Translation(progress), cancellationToken).ConfigureAwait(false);
        return pulled.ImageId;
    }

    private bool IsFor(ImageRecord image, Platform? platform)
    {
        if (platform is null)
        {
            return true;
        }

        var config = images.Config(image.Id);
        return platform.Accepts(new Platform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant });
    }

    private sealed class Translation(IProgress<PullStatus> target) : IProgress<TransferEvent>
    {
        public void Report(TransferEvent value) => target.Report(new PullStatus(value.Id ?? string.Empty, value.Status, value.Current, value.Total));
    }
}
