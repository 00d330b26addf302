using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Auth;

/// <summary>What the sender of a request may do; put on the request once by <see cref="AccessControl"/>.</summary>
internal sealed class RequestAccess(Func<string, string, bool> allows)
{
    private static readonly object s_key = new();

    internal static RequestAccess Everything { get; } = new((_, _) => true);

    /// <summary>True where no repository is closed to the sender.</summary>
    internal bool IsEverything => ReferenceEquals(this, Everything);

    internal bool CanPull(string repository) => allows(repository, "pull");

    internal bool Can(string repository, string action) => allows(repository, action);

    internal static RequestAccess Of(HttpContext context) => (RequestAccess)context.Items[s_key]!;

    internal void AttachTo(HttpContext context) => context.Items[s_key] = this;
}
