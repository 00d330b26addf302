using System.Globalization;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--gpus: "all", a number, or "device=...,capabilities=...,driver=...,count=...,options=...".</summary>
internal static class GpuFlag
{
    public static DeviceRequest Parse(string text)
    {
        var request = new DeviceRequest { Driver = "", Count = 0, Options = [] };
        var capabilities = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in Csv.Parse(text))
        {
            var mark = field.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = mark < 0 ? ("count", field) : (field[..mark], field[(mark + 1)..]);
            if (!seen.Add(key) && mark >= 0)
            {
                throw GantryException.InvalidArgument($"gpu request key '{key}' can be specified only once");
            }

            switch (key)
            {
                case "driver":
                    request.Driver = value;
                    break;
                case "count":
                    request.Count = Count(value);
                    break;
                case "device":
                    request.DeviceIDs = [.. value.Split(',')];
                    break;
                case "capabilities":
                    capabilities.AddRange(value.Split(','));
                    break;
                case "options":
                    request.Options = Csv.Parse(value).Select(FlagValues.Pair).ToDictionary(StringComparer.Ordinal);
                    break;
                default:
                    throw GantryException.InvalidArgument($"unexpected key '{key}' in '{field}'");
            }
        }

        if (!seen.Contains("count") && request.DeviceIDs is null)
        {
            request.Count = 1;
        }

        request.Capabilities = [[.. capabilities.Where(c => c != "gpu"), "gpu"]];
        return request;
    }

    private static long Count(string text)
    {
        if (text == "all")
        {
            return -1;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw GantryException.InvalidArgument($"invalid count ({text}): value must be either \"all\" or an integer: invalid syntax");
    }
}
