using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Linux;

namespace Gantry.Engine.Containers.Checkpoints;

/// <summary>A checkpoint that is being made, for the engine that comes after one that was killed meanwhile.</summary>
/// <param name="Target">Absolute path that it is to have.</param>
internal sealed record PendingCheckpoint(string Target)
{
    private const string FileName = "checkpoint-pending.json";

    /// <param name="folder">The container's files.</param>
    internal void Save(string folder) =>
        RawFiles.Replace(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, PendingCheckpointJson.Default.PendingCheckpoint));

    /// <summary>Null: none.</summary>
    internal static PendingCheckpoint? Load(string folder)
    {
        try
        {
            var pending = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, FileName)), PendingCheckpointJson.Default.PendingCheckpoint);
            return Path.IsPathFullyQualified(pending?.Target ?? "") ? pending : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    internal static void Forget(string folder) => File.Delete(Path.Combine(folder, FileName));
}

[JsonSerializable(typeof(PendingCheckpoint))]
internal sealed partial class PendingCheckpointJson : JsonSerializerContext;
