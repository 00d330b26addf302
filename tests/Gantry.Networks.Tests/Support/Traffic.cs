using System.Net;
using System.Net.Sockets;
using System.Text;
using Gantry.Linux.Networking;

namespace Gantry.Networks.Tests.Support;

/// <summary>Real connections between namespaces. Servers answer with a name and the address they see the client at: <c>name|address</c>.</summary>
internal static class Traffic
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_refusal = TimeSpan.FromMilliseconds(400);

    /// <summary>Serves TCP and UDP on a port until disposed.</summary>
    public static IDisposable Serve(this TestMachine machine, NetworkNamespace space, int port, string name, IPAddress? address = null)
    {
        var endpoint = new IPEndPoint(address ?? IPAddress.Any, port);
        var tcp = machine.In(space, () => Bound(endpoint, SocketType.Stream, ProtocolType.Tcp));
        var udp = machine.In(space, () => Bound(endpoint, SocketType.Dgram, ProtocolType.Udp));
        tcp.Listen();
        _ = ServeTcpAsync(tcp, name);
        _ = ServeUdpAsync(udp, name);
        return new Sockets(tcp, udp);
    }

    /// <summary>Asks over TCP; null when refused or not answered.</summary>
    public static async Task<string?> AskTcpAsync(this TestMachine machine, NetworkNamespace from, string address, int port, bool expectNone = false)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = machine.In(from, () => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var timeout = new CancellationTokenSource(expectNone ? s_refusal : s_patience);
        try
        {
            await socket.ConnectAsync(target, timeout.Token);
            await socket.SendAsync("hello"u8.ToArray(), timeout.Token);
            socket.Shutdown(SocketShutdown.Send);
            return await ReadAllAsync(socket, timeout.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Asks over UDP; null when not answered.</summary>
    public static async Task<string?> AskUdpAsync(this TestMachine machine, NetworkNamespace from, string address, int port, bool expectNone = false)
    {
        var target = new IPEndPoint(IPAddress.Parse(address), port);
        using var socket = machine.In(from, () => new Socket(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        using var timeout = new CancellationTokenSource(expectNone ? s_refusal : s_patience);
        try
        {
            await socket.ConnectAsync(target, timeout.Token);
            await socket.SendAsync("hello"u8.ToArray(), timeout.Token);
            var buffer = new byte[1500];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, timeout.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private static Socket Bound(IPEndPoint endpoint, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(endpoint.AddressFamily, type, protocol);
        socket.Bind(endpoint);
        return socket;
    }

    private static async Task ServeTcpAsync(Socket listener, string name)
    {
        while (await AcceptAsync(listener) is { } client)
        {
            _ = AnswerAsync(client, name);
        }
    }

    private static async Task<Socket?> AcceptAsync(Socket listener)
    {
        try
        {
            return await listener.AcceptAsync();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }

    private static async Task AnswerAsync(Socket client, string name)
    {
        using (client)
        {
            var peer = ((IPEndPoint)client.RemoteEndPoint!).Address;
            await ReadAllAsync(client, default);
            await client.SendAsync(Encoding.ASCII.GetBytes($"{name}|{peer}"));
        }
    }

    private static async Task ServeUdpAsync(Socket socket, string name)
    {
        var buffer = new byte[1500];
        var any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        try
        {
            while (true)
            {
                var request = await socket.ReceiveFromAsync(buffer, any);
                await socket.SendToAsync(Encoding.ASCII.GetBytes($"{name}|{((IPEndPoint)request.RemoteEndPoint).Address}"), request.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    private static async Task<string> ReadAllAsync(Socket socket, CancellationToken ct)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        for (int count; (count = await socket.ReceiveAsync(buffer, ct)) > 0;)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private sealed class Sockets(params Socket[] sockets) : IDisposable
    {
        public void Dispose()
        {
            foreach (var socket in sockets)
            {
                socket.Dispose();
            }
        }
    }
}
