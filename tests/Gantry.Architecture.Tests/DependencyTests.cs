using System.Xml.Linq;

namespace Gantry.Architecture.Tests;

/// <summary>Who may reference whom (docs/design/rings.md).</summary>
public sealed class DependencyTests
{
    /// <summary>References inside one ring, each wanted and named here; anything else sideways is a mistake.</summary>
    private static readonly Dictionary<string, string[]> s_sideways = new()
    {
        ["Gantry.Linux"] = ["Gantry.Errors"],
        ["Gantry.IO"] = ["Gantry.Errors", "Gantry.Linux"],
        ["Gantry.Images"] = ["Gantry.Metadata", "Gantry.Content", "Gantry.Snapshots", "Gantry.Registry"],
        ["Gantry.RegistryServer"] = ["Gantry.Registry"],
        ["Gantry.Networks"] = ["Gantry.Metadata", "Gantry.Plugins"],
        ["Gantry.Volumes"] = ["Gantry.Metadata", "Gantry.Plugins"],
        ["Gantry.Build"] = ["Gantry.Metadata", "Gantry.Content", "Gantry.Snapshots", "Gantry.Images"],
        ["Gantry.Engine.Http"] = ["Gantry.Engine"],
        ["Gantry.Runtime"] = ["Gantry.Logs"],
    };

    /// <summary>Only these know ASP.NET Core.</summary>
    private static readonly string[] s_web = ["Gantry.Engine.Http", "Gantry.RegistryServer", "gantryd"];

    [Fact]
    public void References_go_down_or_are_listed()
    {
        var projects = Repository.Projects().ToDictionary(p => p.Name);
        var wrong = new List<string>();
        foreach (var project in projects.Values)
        {
            foreach (var reference in References(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r)!))
            {
                var target = projects[reference];
                var down = target.Level < project.Level && !IsClientOnEngine(project, target);
                var listed = target.Ring == project.Ring && s_sideways.TryGetValue(project.Name, out var allowed) && allowed.Contains(reference);
                if (!down && !listed)
                {
                    wrong.Add($"{project.Name} -> {reference}");
                }
            }
        }

        Assert.Empty(wrong);
        Assert.True(projects.Count > 20, "the projects were not found");
    }

    [Fact]
    public void Only_the_edges_know_ASP_NET_Core()
    {
        var users = Repository.Projects().Where(p => References(p, "FrameworkReference").Any()).Select(p => p.Name).ToList();

        Assert.Equal(s_web.Order(), users.Order());
    }

    [Fact]
    public void Package_versions_are_central()
    {
        var versioned = Repository.Projects().SelectMany(p => XDocument.Load(p.File).Descendants("PackageReference")
            .Where(e => e.Attribute("Version") is not null).Select(e => $"{p.Name}: {e.Attribute("Include")?.Value}"));

        Assert.Empty(versioned);
    }

    /// <summary>The client ring speaks to the engine through its API alone.</summary>
    private static bool IsClientOnEngine(Project project, Project target) =>
        (project.Ring == "client" || project.Name == "gantry") && (target.Ring is "core" or "engine");

    private static IEnumerable<string> References(Project project, string kind) =>
        XDocument.Load(project.File).Descendants(kind).Select(e => e.Attribute("Include")!.Value.Replace('\\', '/'));
}
