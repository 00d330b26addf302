using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Auth;

/// <summary>Who sent a request and what may be done with it; put on the request once by <see cref="AccessControl"/>.</summary>
/// <param name="user">Empty for somebody who did not log in.</param>
/// <param name="allows">Repository and action to whether that is allowed.</param>
/// <param name="lists">Whether a repository may be named in the catalog.</param>
internal sealed class RequestAccess(string user, Func<string, string, bool> allows, Func<string, bool> lists)
{
    private static readonly object s_key = new();

    internal static RequestAccess Everything { get; } = new(string.Empty, (_, _) => true, _ => true);

    internal string User => user;

    /// <summary>True where no repository is closed to the sender.</summary>
    internal bool IsEverything => ReferenceEquals(this, Everything);

    internal bool CanPull(string repository) => allows(repository, "pull");

    internal bool Can(string repository, string action) => allows(repository, action);

    internal bool CanList(string repository) => lists(repository);

    internal static RequestAccess Of(HttpContext context) => (RequestAccess)context.Items[s_key]!;

    internal void AttachTo(HttpContext context) => context.Items[s_key] = this;
}
