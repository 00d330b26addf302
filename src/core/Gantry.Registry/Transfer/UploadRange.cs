using System.Globalization;

namespace Gantry.Registry.Transfer;

/// <summary>How much of an upload a registry has: <c>Range: 0-N</c> (distribution-spec, "Pushing a blob in chunks"), N being the last byte.</summary>
internal static class UploadRange
{
    internal static bool TryParse(HttpResponseMessage response, out long received)
    {
        received = 0;
        return response.Headers.TryGetValues("Range", out var values) && TryParse(values.FirstOrDefault(), out received);
    }

    /// <summary><c>0-0</c> is what registries say for an empty upload, so one byte counts as none.</summary>
    internal static bool TryParse(string? text, out long received)
    {
        received = 0;
        var span = text.AsSpan().Trim();
        span = span.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase) ? span["bytes=".Length..] : span;
        if (!span.StartsWith("0-") || !long.TryParse(span[2..], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last > long.MaxValue / 2)
        {
            return false;
        }

        received = last == 0 ? 0 : last + 1;
        return true;
    }
}
