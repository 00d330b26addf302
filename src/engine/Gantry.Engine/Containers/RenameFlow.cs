using Gantry.Engine.Containers.Naming;
using Gantry.Engine.Containers.Networking;
using Gantry.Errors;
using Gantry.Metadata;

namespace Gantry.Engine.Containers;

/// <summary>Renames containers, running ones too.</summary>
internal sealed class RenameFlow(EngineCore core, NetworkUse networks)
{
    /// <exception cref="GantryException">InvalidArgument, Conflict in Docker's words.</exception>
    internal async Task RenameAsync(string reference, string newName)
    {
        if (reference.Length == 0 || newName.Length == 0)
        {
            throw GantryException.InvalidArgument("Neither old nor new names may be empty");
        }

        var container = core.Containers.Get(reference);
        using (await container.Gate.AcquireAsync().ConfigureAwait(false))
        {
            var old = container.Name;
            if (newName.TrimStart('/') == old)
            {
                throw GantryException.InvalidArgument("Renaming a container with the same name as its current name");
            }

            var name = Reserve(newName, container.Id);
            try
            {
                core.Update(container, r => r with { Name = name }, Durability.Durable);
                core.Containers.Release(old, container.Id);
                if (container.State.IsActive && core.Parts.Networks.FindSandbox(container.Id) is not null)
                {
                    await core.Parts.Networks.RenameContainerAsync(container.Id, name, CancellationToken.None).ConfigureAwait(false);
                    networks.WriteFiles(container.Record);
                }
            }
            catch
            {
                core.Update(container, r => r with { Name = old }, Durability.Durable);
                core.Containers.TryReserve(old, container.Id);
                core.Containers.Release(name, container.Id);
                throw;
            }

            core.Publish(container, "rename", ("oldName", "/" + old));
        }
    }

    private string Reserve(string newName, string id)
    {
        try
        {
            var name = ContainerNames.IsValid(newName.TrimStart('/'))
                ? newName.TrimStart('/')
                : throw GantryException.InvalidArgument($"Invalid container name (/{newName.TrimStart('/')}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
            core.Containers.Reserve(name, id);
            return name;
        }
        catch (GantryException e)
        {
            throw new GantryException(e.Kind, "Error when allocating new name: " + e.Message, e);
        }
    }
}
