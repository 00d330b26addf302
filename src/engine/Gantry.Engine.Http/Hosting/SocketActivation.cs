using System.Globalization;
using System.Net.Sockets;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Engine.Http.Hosting;

/// <summary>Listening sockets from the service manager (sd_listen_fds(3)): descriptors from 3 on, counted by <c>LISTEN_FDS</c>.</summary>
internal static class SocketActivation
{
    private const int FirstDescriptor = 3;

    /// <param name="which">From <c>fd://</c>: empty or <c>*</c> for all, else one descriptor number.</param>
    /// <exception cref="GantryException">InvalidArgument: none was passed, or not that one.</exception>
    internal static IReadOnlyList<ulong> Descriptors(string which)
    {
        var count = Count();
        if (count <= 0)
        {
            throw GantryException.InvalidArgument("no sockets found via socket activation: make sure the service was started by systemd");
        }

        var all = Enumerable.Range(FirstDescriptor, count).Select(fd => (ulong)fd).ToList();
        if (which is "" or "*")
        {
            return all;
        }

        return ulong.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var one) && all.Contains(one)
            ? [one]
            : throw GantryException.InvalidArgument($"failed to get a named socket: {which}");
    }

    /// <summary>The service manager passes descriptors that survive execve; the monitor and what it starts must not hold the API's sockets.</summary>
    internal static void KeepFromChildren()
    {
        for (var fd = FirstDescriptor; fd < FirstDescriptor + Count(); fd++)
        {
            RawFiles.CloseOnExec(fd);
        }
    }

    /// <summary>TLS is for what comes over a network, as with listeners of our own.</summary>
    internal static bool IsTcp(ulong descriptor)
    {
        using var handle = new SafeSocketHandle((nint)descriptor, ownsHandle: false);
        using var socket = new Socket(handle);
        return socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;
    }

    private static int Count() =>
        IsForUs() && int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), CultureInfo.InvariantCulture, out var n) ? n : 0;

    /// <summary>LISTEN_PID names the process the sockets are for; it survives execve, not fork.</summary>
    private static bool IsForUs() =>
        Environment.GetEnvironmentVariable("LISTEN_PID") is not { } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
}
