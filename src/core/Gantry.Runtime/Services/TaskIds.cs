using Gantry.Errors;

namespace Gantry.Runtime.Services;

/// <summary>Ids become file names and arguments of the runtime, so they are checked here whatever the caller did.</summary>
internal static class TaskIds
{
    private const int MaxLength = 128;

    public static void Validate(string id)
    {
        if (id.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(id[0])
            || id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-')))
        {
            throw GantryException.InvalidArgument($"invalid task id: {id}");
        }
    }
}
