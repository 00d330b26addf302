using Gantry.Build.Cache;
using Gantry.Build.Context;
using Gantry.Build.Copying;
using Gantry.Build.Files;
using Gantry.Build.Graph;
using Gantry.Dockerfile;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Build.Steps;

/// <summary>Finds, or makes for the time of a step, the directories behind its <c>--mount</c>s.</summary>
internal sealed class MountResolver(
    LayerMaker maker, CacheMounts caches, IBuildContext context, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> secrets, IBuildClient? client, BuildFolders folders)
{
    private const int ScriptMode = 0x1ed;
    private const int SecretMode = 0x100;

    public async Task<ResolvedMounts> ResolveAsync(RunPlan plan, IReadOnlyList<LayerResult> inputs, CancellationToken cancellationToken)
    {
        var resolved = new ResolvedMounts();
        try
        {
            foreach (var mount in plan.Mounts)
            {
                await AddAsync(mount, inputs, resolved, cancellationToken).ConfigureAwait(false);
            }

            if (plan.Script is { } script)
            {
                var folder = Temporary(resolved, folders.Temporary);
                WriteFile(Path.Combine(folder, plan.ScriptName), System.Text.Encoding.UTF8.GetBytes(script), ScriptMode, 0, 0);
                resolved.Add(new StepMount { Type = StepMountType.Bind, Source = folder, Target = "/dev/pipes", ReadOnly = true });
            }

            return resolved;
        }
        catch
        {
            await resolved.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task AddAsync(MountPlan plan, IReadOnlyList<LayerResult> inputs, ResolvedMounts resolved, CancellationToken cancellationToken)
    {
        var mount = plan.Mount;
        switch (mount.Type)
        {
            case RunMountType.Tmpfs:
                resolved.Add(new StepMount { Type = StepMountType.Tmpfs, Target = mount.Target, Size = mount.Size });
                break;
            case RunMountType.Cache:
                var lent = await caches.BorrowAsync(mount, cancellationToken).ConfigureAwait(false);
                resolved.OnDispose(lent);
                if (lent.IsNew && plan.Input >= 0)
                {
                    Fill(lent.Path, inputs[plan.Input], mount.Source, cancellationToken);
                }

                resolved.Add(new StepMount { Type = StepMountType.Bind, Source = lent.Path, Target = mount.Target, ReadOnly = mount.ReadOnly });
                break;
            case RunMountType.Bind:
                resolved.Add(new StepMount
                {
                    Type = StepMountType.Bind,
                    Source = plan.Input >= 0 ? MountInput(inputs[plan.Input], mount.Source, resolved)
                        : await UnpackAsync(plan.Folder, mount.Source, resolved, cancellationToken).ConfigureAwait(false),
                    Target = mount.Target,
                    ReadOnly = mount.ReadOnly,
                });
                break;
            case RunMountType.Secret:
                await AddSecretAsync(mount, resolved, cancellationToken).ConfigureAwait(false);
                break;
            case RunMountType.Ssh:
                await AddAgentAsync(mount, resolved, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task AddSecretAsync(RunMount mount, ResolvedMounts resolved, CancellationToken cancellationToken)
    {
        var id = mount.Source.Length > 0 ? mount.Source : mount.Id.Length > 0 ? mount.Id : GoPath.Base(mount.Target);
        var found = secrets.TryGetValue(id, out var given) ? given
            : client is null ? null : await client.FindSecretAsync(id, cancellationToken).ConfigureAwait(false);
        if (found is not { } content)
        {
            if (mount.Required)
            {
                throw GantryException.InvalidArgument($"secret {id}: not found");
            }

            if (mount.Env.Length > 0)
            {
                resolved.Environment.Add(mount.Env + "=");
            }

            return;
        }

        if (mount.Env.Length > 0)
        {
            resolved.Environment.Add($"{mount.Env}={System.Text.Encoding.UTF8.GetString(content.Span)}");
            if (mount.Target.Length == 0)
            {
                return;
            }
        }

        var folder = Temporary(resolved, folders.Secrets);
        var path = Path.Combine(folder, "secret");
        WriteFile(path, content.Span, mount.Mode ?? SecretMode, (uint)(mount.Uid ?? 0), (uint)(mount.Gid ?? 0));
        var target = mount.Target.Length > 0 ? mount.Target : "/run/secrets/" + GoPath.Base(id);
        resolved.Add(new StepMount { Type = StepMountType.Bind, Source = path, Target = target, ReadOnly = true });
    }

    private async Task AddAgentAsync(RunMount mount, ResolvedMounts resolved, CancellationToken cancellationToken)
    {
        const int AgentMode = 0x180;
        var id = mount.Id.Length > 0 ? mount.Id : "default";
        if (client is null)
        {
            if (mount.Required)
            {
                throw GantryException.NotImplemented("RUN --mount=type=ssh: no SSH agent can be forwarded to this build");
            }

            return;
        }

        var folder = Path.Combine(folders.Secrets, LayerMaker.NewId()[..16]);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        resolved.OnDispose(() => Directory.Delete(folder, recursive: true));
        var path = Path.Combine(folder, "agent");
        try
        {
            var (user, group) = OnHost((uint)(mount.Uid ?? 0), (uint)(mount.Gid ?? 0));
            resolved.OnDispose(await AgentSocket.OpenAsync(client, id, path, mount.Mode ?? AgentMode, user, group, cancellationToken).ConfigureAwait(false));
        }
        catch (GantryException) when (!mount.Required)
        {
            return;
        }

        var target = mount.Target.Length > 0 ? mount.Target : $"/run/buildkit/ssh_agent.{resolved.Agents}";
        if (resolved.Agents++ == 0)
        {
            resolved.Environment.Add("SSH_AUTH_SOCK=" + target);
        }

        resolved.Add(new StepMount { Type = StepMountType.Bind, Source = path, Target = target });
    }

    /// <summary>Another file system, mounted for the step; what the step writes to it is lost.</summary>
    private string MountInput(LayerResult input, string source, ResolvedMounts resolved)
    {
        var id = LayerMaker.Prefix + LayerMaker.NewId();
        var target = Path.Combine(Temporary(resolved, folders.Temporary), "mount");
        Directory.CreateDirectory(target);
        maker.Layers.CreateContainerLayer(id, input.ChainId, new() { MountPoints = false, Volatile = true });
        resolved.OnDispose(() => maker.Layers.RemoveContainerLayer(id));
        maker.Layers.Mount(id, target);
        resolved.OnDispose(() => maker.Layers.Unmount(target));
        using var view = maker.Layers.OpenView(input.ChainId);
        var found = new DirectoryTree(view.Root, view, ids: view.Ids).Find(source) ?? throw Missing(source);
        return Path.Combine(target, found.Path);
    }

    /// <summary>A part of the context, unpacked for the step.</summary>
    private async Task<string> UnpackAsync(ISourceTree? folder, string source, ResolvedMounts resolved, CancellationToken cancellationToken)
    {
        var tree = folder ?? await context.OpenAsync(cancellationToken).ConfigureAwait(false);
        var file = tree?.Find(source) ?? throw Missing(source);
        await tree.FetchAsync([file], _ => false, contents: true, cancellationToken).ConfigureAwait(false);
        var target = Temporary(resolved, folders.Temporary);
        using var writer = new LayerWriter(target, maker.Layers.OpenView(default));
        var copier = new TreeCopier(tree, writer, new CopyOwner(0, 0), null, _ => false, cancellationToken);
        copier.Copy(file, "source");
        return Path.Combine(target, "source");
    }

    private void Fill(string folder, LayerResult input, string source, CancellationToken cancellationToken)
    {
        using var view = maker.Layers.OpenView(input.ChainId);
        var tree = new DirectoryTree(view.Root, view, ids: view.Ids);
        var directory = tree.Find(source) is { IsDirectory: true } found ? found : throw Missing(source);
        using var writer = new LayerWriter(folder, maker.Layers.OpenView(default));
        new TreeCopier(tree, writer, null, null, _ => false, cancellationToken).CopyContents(directory, string.Empty);
    }

    private static GantryException Missing(string source) => GantryException.InvalidArgument($"failed to compute cache key: \"{source}\": not found");

    private static string Temporary(ResolvedMounts resolved, string parent)
    {
        var folder = Path.Combine(parent, LayerMaker.NewId());
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        resolved.OnDispose(() => Directory.Delete(folder, recursive: true));
        return folder;
    }

    private (uint UserId, uint GroupId) OnHost(uint user, uint group) => maker.Layers.Ids?.ToHost(user, group) ?? (user, group);

    private void WriteFile(string path, ReadOnlySpan<byte> content, int mode, uint user, uint group)
    {
        (user, group) = OnHost(user, group);
        var fd = FileAt.Open(FileAt.CurrentDirectory, path, OpenAtFlags.WriteOnly | OpenAtFlags.Create | OpenAtFlags.Exclusive, SecretMode);
        try
        {
            FileData.WriteAll(fd, content);
            FileAt.Check(FileAt.TryChangeOwner(fd, user, group), "fchown", path);
            FileAt.Check(FileAt.TryChangeMode(fd, mode), "fchmod", path);
        }
        finally
        {
            FileAt.Close(fd);
        }
    }
}
