using Gantry.Build.Files;

namespace Gantry.Build.Context;

/// <summary>Where a build's Dockerfile and files come from. Dispose it after the build.</summary>
internal interface IBuildContext : IDisposable
{
    /// <summary>What the Dockerfile is called, for messages.</summary>
    string FileName { get; }

    byte[] Dockerfile { get; }

    /// <summary>The files, which stay the context's; null for a build without any.</summary>
    Task<ISourceTree?> OpenAsync(CancellationToken cancellationToken);
}
