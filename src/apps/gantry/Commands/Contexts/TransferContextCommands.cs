using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Apps.Cli.Running;

namespace Gantry.Apps.Cli.Commands.Contexts;

/// <summary>docker context export.</summary>
internal sealed class ExportContextCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var name = arguments[0];
        var path = arguments.Count > 1 ? arguments[1] : name + ".dockercontext";
        if (name != ContextStore.DefaultName)
        {
            ContextStore.CheckName(name);
        }

        if (path == "-" && cli.OutIsTerminal)
        {
            throw new CliException("cowardly refusing to export to a terminal, specify a file path", 1);
        }

        var context = name == ContextStore.DefaultName
            ? new DockerContext(name, "", Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host ? host : ListContextsCommand.DefaultHost(cli), false)
            : cli.Contexts.Get(name);
        var archive = new MemoryStream();
        await ContextArchive.WriteAsync(archive, ContextStore.ToJson(context), cli.Contexts.ReadTls(name), cancellationToken);
        if (path == "-")
        {
            cli.Out.WriteBytes(archive.GetBuffer().AsSpan(0, (int)archive.Length));
            return 0;
        }

        Create(path, archive);
        cli.Error.WriteLine($"Written file \"{path}\"");
        return 0;
    }

    private static void Create(string path, MemoryStream content)
    {
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            content.WriteTo(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"open {path}: {(File.Exists(path) ? "file exists" : FileErrors.Describe(e))}", 1);
        }
    }
}

/// <summary>docker context import.</summary>
internal sealed class ImportContextCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var name = arguments[0];
        ContextStore.CheckName(name);
        if (cli.Contexts.Contains(name))
        {
            throw new CliException($"context \"{name}\" already exists", 1);
        }

        await using var input = Open(arguments[1]);
        var (context, tls) = await ContextArchive.ReadAsync(name, input, cancellationToken);
        cli.Contexts.Save(context, tls);
        cli.Out.WriteLine(name);
        cli.Out.Flush();
        cli.Error.WriteLine($"Successfully imported context \"{name}\"");
        return 0;
    }

    private static Stream Open(string path)
    {
        if (path == "-")
        {
            return InputFile.Open("");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"open {path}: {FileErrors.Describe(e)}", 1);
        }
    }
}
