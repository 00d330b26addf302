using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Checkpoints;

/// <summary>
/// Names and sizes of a checkpoint's files, kept beside them. CRIU takes them as they are; from a file of memory that is cut short it reads for ever, and
/// fills the disk with its log meanwhile.
/// </summary>
internal static class CheckpointManifest
{
    private const string FileName = "gantry-files.json";

    /// <summary>Writes down what is there now.</summary>
    internal static void Write(string folder)
    {
        var sizes = new DirectoryInfo(folder).EnumerateFiles().ToDictionary(f => f.Name, f => f.Length);
        RawFiles.Replace(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(sizes, CheckpointManifestJson.Default.DictionaryStringInt64));
    }

    /// <summary>Compares; a checkpoint of another engine's has no list and is taken as it is.</summary>
    /// <param name="called">What the error calls the checkpoint.</param>
    /// <exception cref="GantryException">DataCorrupt: something is missing or of another size.</exception>
    internal static void Check(string folder, string called)
    {
        foreach (var (name, size) in Read(folder, called))
        {
            var file = new FileInfo(Path.Combine(folder, Path.GetFileName(name)));
            if (!file.Exists || file.Length != size)
            {
                throw GantryException.DataCorrupt(file.Exists
                    ? $"{called} is damaged: {name} has {file.Length} bytes and not {size}"
                    : $"{called} is damaged: {name} is missing");
            }
        }
    }

    private static Dictionary<string, long> Read(string folder, string called)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), CheckpointManifestJson.Default.DictionaryStringInt64) ?? [];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw GantryException.DataCorrupt($"{called} is damaged: {FileName}: {e.Message}", e);
        }
    }
}

[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class CheckpointManifestJson : JsonSerializerContext;
