namespace Gantry.Errors;

/// <summary>
/// The one exception type that crosses project boundaries. <see cref="Exception.Message"/> is shown to users as it stands,
/// so it is in Docker's words wherever clients match on it.
/// </summary>
public sealed class GantryException : Exception
{
    public GantryException(ErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
    }

    public ErrorKind Kind { get; }

    public static GantryException InvalidArgument(string message, Exception? inner = null) => new(ErrorKind.InvalidArgument, message, inner);

    public static GantryException NotFound(string message, Exception? inner = null) => new(ErrorKind.NotFound, message, inner);

    public static GantryException Conflict(string message, Exception? inner = null) => new(ErrorKind.Conflict, message, inner);

    public static GantryException NotImplemented(string message) => new(ErrorKind.NotImplemented, message);

    public static GantryException Unavailable(string message, Exception? inner = null) => new(ErrorKind.Unavailable, message, inner);

    public static GantryException DataCorrupt(string message, Exception? inner = null) => new(ErrorKind.DataCorrupt, message, inner);

    public static GantryException Internal(string message, Exception? inner = null) => new(ErrorKind.Internal, message, inner);
}
