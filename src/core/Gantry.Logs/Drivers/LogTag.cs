using System.Text;
using Gantry.Errors;

namespace Gantry.Logs.Drivers;

/// <summary>
/// The <c>tag</c> option: text with fields of the container in it, <c>{{.ImageName}}/{{.Name}}</c>. Only fields are there, not the rest of Go's
/// template language.
/// </summary>
public static class LogTag
{
    public const string Default = "{{.ID}}";

    /// <param name="absent">The template where the option is missing or empty.</param>
    /// <exception cref="GantryException">InvalidArgument: an unknown field, or more than a field.</exception>
    public static string Expand(LogSubject subject, string absent)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var template = subject.Options.GetValueOrDefault("tag", string.Empty);
        template = template.Length > 0 ? template : absent;
        var text = new StringBuilder();
        var at = 0;
        while (template.IndexOf("{{", at, StringComparison.Ordinal) is >= 0 and var open)
        {
            text.Append(template, at, open - at);
            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
            {
                throw GantryException.InvalidArgument("template: log-tag:1: unclosed action");
            }

            text.Append(Field(subject, template[(open + 2)..close].Trim(), open + 2));
            at = close + 2;
        }

        return text.Append(template, at, template.Length - at).ToString();
    }

    private static string Field(LogSubject subject, string field, int column) => field switch
    {
        ".ID" => subject.ShortId,
        ".FullID" or ".ContainerID" => subject.Id,
        ".Name" => subject.Name,
        ".ContainerName" => "/" + subject.Name,
        ".ImageID" => subject.ShortImageId,
        ".ImageFullID" or ".ContainerImageID" => subject.ImageId,
        ".ImageName" or ".ContainerImageName" => subject.ImageName,
        ".Command" => subject.Command,
        ".Hostname" => Environment.MachineName,
        ".DaemonName" => "docker",
        ['.', .. var name] when name.Length > 0 && name.All(char.IsAsciiLetterOrDigit) => throw GantryException.InvalidArgument(
            $"template: log-tag:1:{column}: executing \"log-tag\" at <{field}>: can't evaluate field {name} in type *logger.Info"),
        _ => throw GantryException.InvalidArgument($"template: log-tag:1: only fields such as {{{{.Name}}}} can be used, not {{{{{field}}}}}"),
    };
}
