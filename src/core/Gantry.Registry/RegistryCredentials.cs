namespace Gantry.Registry;

/// <summary>
/// What a client sends in <c>X-Registry-Auth</c>. They go to the registry they were given for and to the token server it names, and never
/// along a redirect to another host. A non-empty <see cref="RegistryToken"/> wins, then the identity token, then user and password.
/// </summary>
public sealed record RegistryCredentials
{
    public string Username { get; init; } = string.Empty;

    public string Password { get; init; } = string.Empty;

    /// <summary>A refresh token from an earlier login.</summary>
    public string IdentityToken { get; init; } = string.Empty;

    /// <summary>A bearer token sent as it stands.</summary>
    public string RegistryToken { get; init; } = string.Empty;

    internal bool HasPassword => Username.Length > 0 || Password.Length > 0;

    /// <summary>Secrets don't belong in logs.</summary>
    public override string ToString() => $"credentials of {(Username.Length > 0 ? Username : "a token")}";
}

/// <summary>A successful login.</summary>
/// <param name="Status">Docker's words for the user.</param>
/// <param name="IdentityToken">To be kept instead of the password; empty when the registry has none.</param>
public sealed record LoginResult(string Status, string IdentityToken);
