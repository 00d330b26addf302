using Gantry.Errors;
using Gantry.RegistryServer.Auth;

namespace Gantry.RegistryServer;

/// <summary>Rules about repositories, from a file.</summary>
public sealed class RegistryRules
{
    private RegistryRules(AccessRules rules) => Rules = rules;

    internal AccessRules Rules { get; }

    /// <summary>
    /// Reads lines <c>WHO REPOSITORY ACTIONS</c>: a user, <c>*</c> (every user) or <c>-</c> (everybody); a name, or the beginning of names and
    /// <c>*</c>; <c>pull,push,delete</c> or <c>none</c>. What no line allows is denied. The file is read again when it changes.
    /// </summary>
    /// <exception cref="GantryException">InvalidArgument: the file is missing or malformed.</exception>
    public static RegistryRules FromFile(string path) => new(new AccessRules(path));
}
