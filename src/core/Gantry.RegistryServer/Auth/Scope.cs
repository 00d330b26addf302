using Gantry.RegistryServer.Json;

namespace Gantry.RegistryServer.Auth;

/// <summary>Scopes as the token protocol writes them: <c>repository:name:pull,push</c>; several are separated by spaces.</summary>
internal static class Scope
{
    internal static List<TokenAccess> Parse(IEnumerable<string?> scopes) =>
        [.. scopes.SelectMany(scope => (scope ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(ParseOne).OfType<TokenAccess>()];

    /// <summary>The name itself may have colons (host:port), so type and actions are cut off both ends.</summary>
    private static TokenAccess? ParseOne(string scope)
    {
        var (first, last) = (scope.IndexOf(':', StringComparison.Ordinal), scope.LastIndexOf(':'));
        return first <= 0 || last <= first ? null
            : new TokenAccess(scope[..first], scope[(first + 1)..last], scope[(last + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries));
    }
}
