using System.Text.RegularExpressions;
using Gantry.Errors;
using Gantry.Linux;
using Gantry.Runtime;

namespace Gantry.Engine.Containers.Checkpoints;

/// <summary>
/// Where checkpoints are: each is a directory with its name, among the container's own files or in one that the client named. One that is being made is
/// an empty directory with that name and another beside it with the images, which takes the empty one's place when it is complete.
/// </summary>
internal sealed partial class CheckpointFolders(EngineCore core)
{
    private const int Mode = 0x1C0;
    private const string AllowedName = "[a-zA-Z0-9][a-zA-Z0-9_.-]";

    /// <summary>CRIU's log and statistics of the last checkpoint; removed with the container.</summary>
    internal string DumpWork(string id) => Path.Combine(core.Paths.Container(id), "criu", "dump");

    /// <summary>The same of the last restore.</summary>
    internal string RestoreWork(string id) => Path.Combine(core.Paths.Container(id), "criu", "restore");

    /// <summary>Where the images of an unfinished checkpoint are. No checkpoint can be called so.</summary>
    internal static string Unfinished(string target) => Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.unfinished");

    /// <exception cref="GantryException">Internal, as Docker has it.</exception>
    internal static void CheckName(string name)
    {
        if (!NamePattern().IsMatch(name))
        {
            throw GantryException.Internal($"Invalid checkpoint ID ({name}), only {AllowedName} are allowed");
        }
    }

    /// <summary>Claims a name; the empty directory is the claim.</summary>
    /// <exception cref="GantryException">Internal, as Docker has it: it is taken.</exception>
    internal string Claim(string id, string called, string folder, string name)
    {
        var parent = Parent(id, folder);
        var target = Path.Combine(parent, name);
        try
        {
            Directory.CreateDirectory(parent, (UnixFileMode)Mode);
            var error = -FileAt.TryMakeDirectory(FileAt.CurrentDirectory, target, Mode);
            return error == 0 ? target : throw GantryException.Internal($"cannot checkpoint container {called}: {WhyNot(error, target, name, called)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GantryException.Internal($"cannot checkpoint container {called}: {e.Message}", e);
        }
    }

    /// <summary>A checkpoint that is there.</summary>
    /// <param name="called">What the error calls the container.</param>
    /// <exception cref="GantryException">Internal, as Docker has it.</exception>
    internal string Find(string id, string called, string folder, string name)
    {
        var path = Path.Combine(Parent(id, folder), name);
        return !NamePattern().IsMatch(name) || !Path.Exists(path) || Path.Exists(Unfinished(path))
            ? throw GantryException.Internal($"checkpoint {name} does not exist for container {called}")
            : Directory.Exists(path) ? path : throw GantryException.Internal($"{path} exists and is not a directory");
    }

    /// <summary>Names in order.</summary>
    /// <inheritdoc cref="Find" path="/exception"/>
    internal IReadOnlyList<string> List(string id, string called, string folder)
    {
        var parent = Parent(id, folder);
        if (Directory.Exists(parent))
        {
            return [.. new DirectoryInfo(parent).EnumerateDirectories()
                .Where(d => d.LinkTarget is null && d.Name[0] != '.' && !Path.Exists(Unfinished(d.FullName))).Select(d => d.Name).Order(StringComparer.Ordinal)];
        }

        return folder.Length == 0 ? [] : throw GantryException.Internal(
            File.Exists(parent) ? $"{parent} exists and is not a directory" : $"checkpoint  does not exist for container {called}");
    }

    /// <summary>Empties CRIU's working directory and says where all is for a checkpoint whose images are, or go, there.</summary>
    internal static CheckpointPaths Prepare(string work, string images)
    {
        Directories.Remove(work);
        Directory.CreateDirectory(work, (UnixFileMode)Mode);
        return new CheckpointPaths(images, work);
    }

    /// <summary>Puts complete images into their place, on the disk: the client is told that they are there, and their processes may be gone.</summary>
    internal static void Finish(string target)
    {
        var images = Unfinished(target);
        CheckpointManifest.Write(images);
        var folder = FileAt.OpenDirectory(images);
        try
        {
            FileSystems.Sync(folder);
        }
        finally
        {
            FileAt.Close(folder);
        }

        FileAt.Rename(images, target);
    }

    internal static void Abandon(string target)
    {
        Directories.Remove(Unfinished(target));
        Directories.Remove(target);
    }

    /// <summary>As <see cref="Abandon"/>, unless the checkpoint was finished and only not recorded so.</summary>
    internal static void AbandonUnfinished(string target)
    {
        Directories.Remove(Unfinished(target));
        _ = RawFiles.TryRemoveDirectory(target);
    }

    private string Parent(string id, string folder) => folder.Length > 0 ? Path.GetFullPath(folder) : Path.Combine(core.Paths.Container(id), "checkpoints");

    private static string WhyNot(int error, string target, string name, string called) => error switch
    {
        Errno.EEXIST when Directory.Exists(target) => $"checkpoint with name {name} already exists for container {called}",
        Errno.EEXIST => $"{target} exists and is not a directory",
        _ => new LinuxException("mkdir", error, target).Message,
    };

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]+\\z")]
    private static partial Regex NamePattern();
}
