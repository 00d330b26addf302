using System.Globalization;
using Gantry.Errors;

namespace Gantry.Apps.Daemon.Composition;

/// <summary>The group that may use the engine's socket.</summary>
internal static class SocketGroup
{
    /// <summary>Its id; null when the default group doesn't exist or the name is empty: then only root may.</summary>
    /// <exception cref="GantryException">InvalidArgument: a group that was named doesn't exist.</exception>
    internal static int? Find(string name, bool wasNamed)
    {
        if (name.Length == 0)
        {
            return null;
        }

        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        foreach (var fields in File.Exists("/etc/group") ? File.ReadLines("/etc/group").Select(l => l.Split(':')) : [])
        {
            if (fields.Length > 2 && fields[0] == name && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
            {
                return number;
            }
        }

        return wasNamed ? throw GantryException.InvalidArgument($"group {name} not found") : null;
    }
}
