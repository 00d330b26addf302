using System.Net;
using Gantry.Errors;
using Gantry.Oci;
using Gantry.Registry;
using Gantry.RegistryServer.Storage;

namespace Gantry.RegistryServer.Proxy;

/// <summary>One registry behind this one. It is left alone for as long as it asks to be (<c>Retry-After</c>).</summary>
internal sealed class Upstream(RegistryUpstream settings, RegistryClient client, UpstreamPasswords? passwords)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(1);

    /// <summary>Environment.TickCount64 until which it is not asked.</summary>
    private long _pausedUntil;

    internal string Prefix => settings.Prefix;

    internal Uri Address => settings.Address;

    /// <param name="path">The repository's name there.</param>
    /// <exception cref="UpstreamException">It refuses, does not answer, or is not asked just now.</exception>
    internal async Task<T> AskAsync<T>(RepositoryName path, Func<RegistryRepository, Task<T>> ask)
    {
        var pause = Interlocked.Read(ref _pausedUntil) - Environment.TickCount64;
        if (pause > 0)
        {
            throw new UpstreamException(
                new RegistryRefusal(HttpStatusCode.TooManyRequests, string.Empty, TimeSpan.FromMilliseconds(pause)), $"{Address} asked to be left alone");
        }

        try
        {
            return await ask(client.OpenAt(Address, path.Value, Named(path), passwords?.For(Address))).ConfigureAwait(false);
        }
        catch (GantryException exception)
        {
            throw Wrap(exception);
        }
    }

    /// <summary>An answer that broke a promise (a digest, a size) counts as none.</summary>
    internal UpstreamException Wrap(GantryException exception)
    {
        var refusal = RegistryRefusal.Of(exception) ?? new RegistryRefusal(0, string.Empty, null);
        if (refusal.IsUnavailable && refusal.RetryAfter is { } wait)
        {
            Interlocked.Exchange(ref _pausedUntil, Environment.TickCount64 + (long)(wait < s_longestPause ? wait : s_longestPause).TotalMilliseconds);
        }

        return new UpstreamException(refusal, exception.Message, exception);
    }

    private ImageReference Named(RepositoryName path) =>
        ImageReference.TryParse($"{Address.Authority}/{path}", out var reference) ? reference : ImageReference.Parse(path.Value);
}
