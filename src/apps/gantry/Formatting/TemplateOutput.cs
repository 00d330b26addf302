using Gantry.Errors;
using Gantry.Terminal.Templates;

namespace Gantry.Apps.Cli.Formatting;

/// <summary>Prints one object by a template; where that fails, an empty line comes before the complaint, as in docker.</summary>
internal static class TemplateOutput
{
    public static void Print(Cli cli, Template template, object? value)
    {
        try
        {
            cli.Out.WriteLine(template.Execute(value));
        }
        catch (GantryException)
        {
            cli.Out.WriteLine();
            throw;
        }
    }
}
