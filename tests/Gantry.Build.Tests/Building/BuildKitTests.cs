using System.Text;
using Gantry.Build.Tests.Support;

namespace Gantry.Build.Tests.Building;

/// <summary>What the classic builder refuses and this one does.</summary>
public sealed class BuildKitTests
{
    [Fact]
    public async Task Heredocs()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.BuildAsync(
            """
            FROM busybox
            ARG NAME=world
            RUN <<EOF
            echo "shell $NAME"
            EOF
            RUN <<EOF
            #!/bin/cat
            script
            EOF
            RUN cat <<A - <<B
            dropped
            A
            piped
            B
            COPY <<one <<-"two" /files/
            hello "$NAME"
            one
            	raw $NAME
            two
            RUN cat /files/one /files/two
            """);

        Assert.Contains("\nshell world\n", transcript, StringComparison.Ordinal);
        Assert.Contains("#!/bin/cat\nscript\n", transcript, StringComparison.Ordinal);
        Assert.Contains("\npiped\n", transcript, StringComparison.Ordinal);
        Assert.Contains("hello \"world\"\nraw $NAME\n", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mounts()
    {
        await using var harness = await Harness.CreateAsync();
        const string Text =
            """
            FROM busybox AS other
            RUN mkdir /src && echo other > /src/f
            FROM busybox
            RUN --mount=type=cache,target=/cache echo run >> /cache/log; wc -l < /cache/log
            RUN --mount=type=bind,source=d,target=/ctx cat /ctx/f; touch /ctx/no 2>/dev/null || echo read-only
            RUN --mount=from=other,source=/src,target=/o,rw cat /o/f; touch /o/lost; ls /o
            RUN --mount=type=tmpfs,target=/scratch echo x > /scratch/x
            RUN --mount=type=secret,id=key cat /run/secrets/key
            RUN for d in /ctx /o /scratch /cache /run/secrets; do [ ! -e $d ] || exit 1; done
            """;
        var request = new BuildRequest
        {
            Secrets = new Dictionary<string, ReadOnlyMemory<byte>> { ["key"] = Encoding.UTF8.GetBytes("s3cret\n") },
        };
        var (transcript, image) = await harness.TryBuildAsync(request with { ContextTar = Harness.Context(Text, ("d/f", "context\n")) });
        Assert.True(image is not null, transcript);
        Assert.Contains("context\nread-only\n", transcript, StringComparison.Ordinal);
        Assert.Contains("other\nf\nlost\n", transcript, StringComparison.Ordinal);
        Assert.Contains("s3cret\n", transcript, StringComparison.Ordinal);
        Assert.Empty(harness.Layers.ContainerLayers());

        // The bound files count for the cache, the cache directory's contents don't, and stay.
        (transcript, _) = await harness.TryBuildAsync(request with { ContextTar = Harness.Context(Text, ("d/f", "changed\n")) });
        Assert.Contains("changed\nread-only\n", transcript, StringComparison.Ordinal);
        (transcript, _) = await harness.TryBuildAsync(request with { ContextTar = Harness.Context(Text, ("d/f", "changed\n")), NoCache = true });
        Assert.Contains("\n2\n", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Copy_flags()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.BuildAsync(
            """
            FROM busybox
            COPY --chmod=640 d /c/
            COPY --parents d/e/g /p/
            COPY --exclude=**/g d /x/
            RUN find /c /p /x -type f | sort | xargs stat -c '%n %a'
            """,
            ("d/f", "f"), ("d/e/g", "g"));

        Assert.Contains("/c/e/g 640\n/c/f 640\n/p/d/e/g 644\n/x/f 644\n", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Platform_arguments()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.BuildAsync("FROM --platform=$BUILDPLATFORM busybox\nARG TARGETOS\nARG TARGETARCH\nRUN echo on $TARGETOS/$TARGETARCH $BUILDOS.\n");

        Assert.Contains($"\non {Oci.Platform.Host} .\n", transcript, StringComparison.Ordinal);
        Assert.Contains($"busybox {Oci.Platform.Host} Missing", harness.Images.Asked);
    }

    [Fact]
    public async Task Changes_to_a_volume_are_kept()
    {
        await using var harness = await Harness.CreateAsync();
        var (transcript, _) = await harness.BuildAsync("FROM busybox\nVOLUME /data\nRUN mkdir -p /data; echo kept > /data/x\nRUN cat /data/x\n");

        Assert.Contains("\nkept\n", transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_as_context_obeys_its_ignore_file()
    {
        await using var harness = await Harness.CreateAsync();
        var folder = Directory.CreateTempSubdirectory("gantry-context-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "drop", "keep"));
            await File.WriteAllTextAsync(Path.Combine(folder, "Dockerfile"), "FROM busybox\nCOPY . /c\nRUN cd /c; find . | sort\n");
            await File.WriteAllTextAsync(Path.Combine(folder, ".dockerignore"), "drop\n*.log\n!drop/keep/x\n");
            foreach (var file in new[] { "a.log", "b", "drop/no", "drop/keep/x" })
            {
                await File.WriteAllTextAsync(Path.Combine(folder, file), file);
            }

            var (transcript, image) = await harness.TryBuildAsync(new BuildRequest { ContextDirectory = folder });
            Assert.True(image is not null, transcript);
            Assert.Contains("\n.\n./.dockerignore\n./Dockerfile\n./b\n./drop\n./drop/keep\n./drop/keep/x\n", transcript, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
