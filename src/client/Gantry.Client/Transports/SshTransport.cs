using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Client.Transports;

/// <summary>A remote engine through ssh: the remote docker CLI copies between its stdio and the remote socket.</summary>
public sealed class SshTransport(EngineHost host) : ITransport
{
    public EngineHost Host { get; } = host;

    public Task<DuplexStream> ConnectAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult<DuplexStream>(new ProcessStream(PipedProcess.Start("ssh", Arguments()), Host));
        }
        catch (LinuxException e)
        {
            throw GantryException.Unavailable($"error during connect: ssh can't be started: {e.Message}", e);
        }
    }

    /// <summary>ssh's arguments. Everything the user gave stands behind its own option or after "--", so that nothing is taken for an option.</summary>
    internal List<string> Arguments()
    {
        var at = Host.Address.IndexOf('@');
        var address = Host.Address[(at + 1)..];
        var colon = address.LastIndexOf(':') is var c && c > address.LastIndexOf(']') ? c : -1;
        var result = new List<string> { "-o", "ConnectTimeout=30", "-T" };
        if (at > 0)
        {
            result.AddRange(["-l", Host.Address[..at]]);
        }

        if (colon >= 0)
        {
            result.AddRange(["-p", address[(colon + 1)..]]);
        }

        result.AddRange(["--", (colon >= 0 ? address[..colon] : address).Trim('[', ']'), "docker"]);
        if (Host.BasePath.Length > 0)
        {
            result.AddRange(["--host", "unix://" + Host.BasePath]);
        }

        result.AddRange(["system", "dial-stdio"]);
        return result;
    }

    private sealed class ProcessStream(PipedProcess process, EngineHost host) : DuplexStream
    {
        private readonly Task<string> _errors = new StreamReader(process.StandardError).ReadToEndAsync();
        private bool _anyRead;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await process.StandardOutput.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0 && !_anyRead && buffer.Length > 0)
            {
                var errors = await _errors.WaitAsync(cancellationToken).ConfigureAwait(false);
                throw GantryException.Unavailable($"error during connect: {host.Text}: command [ssh] has exited: {errors.Trim()}");
            }

            _anyRead = true;
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            process.StandardInput.WriteAsync(buffer, cancellationToken);

        public override ValueTask CloseWriteAsync(CancellationToken cancellationToken)
        {
            process.StandardInput.Close();
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                process.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
