using Gantry.Errors;

namespace Gantry.Logs.Drivers;

/// <summary>Rotation of the log file that every container but one without a log has.</summary>
/// <param name="MaxSize">Bytes; 0 for no limit.</param>
/// <param name="MaxFiles">At least 1.</param>
/// <param name="Compress">Rotated files are compressed.</param>
public sealed record FileLogOptions(long MaxSize, int MaxFiles, bool Compress)
{
    private const long LocalSize = 20 << 20;
    private const int LocalFiles = 5;

    /// <summary><c>json-file</c>: no limit unless asked for.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static FileLogOptions JsonFile(IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var size = Text(options, "max-size") is { } text ? OptionText.DecimalSize(text) : 0;
        if (size == 0 && Text(options, "max-size") is not null)
        {
            throw GantryException.InvalidArgument("max-size must be a positive number");
        }

        var files = Text(options, "max-file") is { } count ? OptionText.Int(count) : 1;
        if (files < 1)
        {
            throw GantryException.InvalidArgument("max-file cannot be less than 1");
        }

        var compress = Text(options, "compress") is { } flag && OptionText.Bool(flag);
        return compress && (files == 1 || size == 0)
            ? throw GantryException.InvalidArgument("compress cannot be true when max-file is less than 2 or max-size is not set")
            : new FileLogOptions(size, files, compress);
    }

    /// <summary><c>local</c>, and with the prefix <c>cache-</c> the copy that <c>logs</c> reads when the output goes elsewhere.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    public static FileLogOptions Local(IReadOnlyDictionary<string, string> options, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(options);
        var size = Read(options, prefix + "max-size", OptionText.DecimalSize, "invalid value for max-size: {1}: {0}", LocalSize);
        var files = Read(options, prefix + "max-file", OptionText.Int, "invalid value for max-file: {1}: {0}", LocalFiles);
        var compress = Read(options, prefix + "compress", OptionText.Bool, "error reading compress log option: {0}", true);
        if (files < 0)
        {
            throw GantryException.InvalidArgument("max file count cannot be less than 0");
        }

        return compress && files <= 1
            ? throw GantryException.InvalidArgument("compression cannot be enabled when max file count is 1")
            : new FileLogOptions(size, Math.Max(1, files), compress);
    }

    private static string? Text(IReadOnlyDictionary<string, string> options, string name) =>
        options.TryGetValue(name, out var text) && text.Length > 0 ? text : null;

    private static T Read<T>(IReadOnlyDictionary<string, string> options, string name, Func<string, T> parse, string failure, T absent)
    {
        var text = Text(options, name);
        try
        {
            return text is null ? absent : parse(text);
        }
        catch (GantryException e)
        {
            throw GantryException.InvalidArgument(string.Format(System.Globalization.CultureInfo.InvariantCulture, failure, e.Message, text), e);
        }
    }
}
