using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--volume: SOURCE:TARGET[:OPTIONS] is a bind, a path alone an anonymous volume.</summary>
internal static class VolumeSpecs
{
    /// <summary>The bind for the API with a relative source made absolute, or null where the spec is an anonymous volume.</summary>
    public static string? ToBind(string spec)
    {
        if (spec.Length == 0)
        {
            throw GantryException.InvalidArgument("invalid empty volume spec");
        }

        // Too short for a source and a target: docker takes whatever it is for the path of an anonymous volume.
        if (spec.Length <= 2)
        {
            return null;
        }

        var sections = Sections(spec);
        if (sections.Count == 1)
        {
            return null;
        }

        if (sections.Count > 3)
        {
            throw GantryException.InvalidArgument($"invalid spec: {spec}: too many colons");
        }

        var source = sections[0];
        return source[0] == '.' ? Path.GetFullPath(source) + spec[source.Length..] : spec;
    }

    /// <summary>Splits at colons, except the one of a drive letter: docker reads "a:/b" as one path.</summary>
    private static List<string> Sections(string spec)
    {
        var sections = new List<string>();
        var start = 0;
        for (var i = 0; i <= spec.Length; i++)
        {
            if (i < spec.Length && (spec[i] != ':' || (i - start == 1 && char.IsAsciiLetter(spec[start]))))
            {
                continue;
            }

            if (i == start)
            {
                throw GantryException.InvalidArgument($"invalid spec: {spec}: empty section between colons");
            }

            sections.Add(spec[start..i]);
            start = i + 1;
        }

        return sections;
    }
}
