using System.Runtime.InteropServices;

namespace Gantry.Linux.Networking;

/// <summary>
/// Datagrams that are received with one system call (recvmmsg(2)) and answered with one (sendmmsg(2)). Its memory is not moved by the
/// garbage collector. For one thread at a time.
/// </summary>
public sealed unsafe class DatagramBatch : IDisposable
{
    private readonly int _size;
    private readonly byte* _memory;
    private readonly SocketCalls.MessageHeader* _received;
    private readonly SocketCalls.MessageHeader* _answers;
    private int _answerCount;

    /// <param name="capacity">Datagrams received at once, at most.</param>
    /// <param name="size">Longest datagram, in bytes; what is longer is cut.</param>
    public DatagramBatch(int capacity, int size)
    {
        Capacity = capacity;
        _size = size;
        var headers = (nuint)(2 * capacity * (sizeof(SocketCalls.MessageHeader) + sizeof(SocketCalls.IoVector)));
        _memory = (byte*)NativeMemory.AllocZeroed(headers + (nuint)(capacity * ((2 * size) + NativeSocket.MaxAddress)));
        _received = (SocketCalls.MessageHeader*)_memory;
        _answers = _received + capacity;
        var vectors = (SocketCalls.IoVector*)(_answers + capacity);
        var bytes = (byte*)(vectors + (2 * capacity));
        for (var i = 0; i < capacity; i++)
        {
            Lay(ref _received[i], &vectors[i], bytes + (i * size), bytes + (2 * capacity * size) + (i * NativeSocket.MaxAddress));
            Lay(ref _answers[i], &vectors[capacity + i], bytes + ((capacity + i) * size), null);
        }
    }

    public int Capacity { get; }

    /// <summary>Room for the next answer.</summary>
    public Span<byte> Answer => new(_answers[_answerCount].Vectors->Base, _size);

    /// <summary>Receives what is waiting; the count, or a negated errno.</summary>
    public int Receive(NativeSocket socket)
    {
        _answerCount = 0;
        for (var i = 0; i < Capacity; i++)
        {
            _received[i].NameLength = NativeSocket.MaxAddress;
        }

        var count = SocketCalls.recvmmsg(socket.Handle, _received, (uint)Capacity, SocketCalls.MSG_DONTWAIT, null);
        return count < 0 ? -Marshal.GetLastPInvokeError() : count;
    }

    /// <summary>A received datagram; valid until the next <see cref="Receive"/>.</summary>
    public ReadOnlySpan<byte> Message(int index) => new(_received[index].Vectors->Base, (int)_received[index].Count);

    /// <summary>The raw address a datagram came from.</summary>
    public ReadOnlySpan<byte> Sender(int index) => new(_received[index].Name, (int)_received[index].NameLength);

    /// <summary>Puts the first <paramref name="length"/> bytes of <see cref="Answer"/> down for the sender of a datagram.</summary>
    public void AddAnswer(int index, int length)
    {
        ref var answer = ref _answers[_answerCount++];
        answer.Name = _received[index].Name;
        answer.NameLength = _received[index].NameLength;
        answer.Vectors->Length = (nuint)length;
    }

    /// <summary>Sends the answers. One that can't be sent (its client is gone, the queue is full) is left out, as the network may lose any.</summary>
    public void Send(NativeSocket socket)
    {
        for (var sent = 0; sent < _answerCount;)
        {
            var count = SocketCalls.sendmmsg(socket.Handle, _answers + sent, (uint)(_answerCount - sent), SocketCalls.MSG_NOSIGNAL);
            sent += Math.Max(1, count);
        }

        _answerCount = 0;
    }

    public void Dispose() => NativeMemory.Free(_memory);

    private void Lay(ref SocketCalls.MessageHeader header, SocketCalls.IoVector* vector, byte* bytes, byte* name)
    {
        vector->Base = bytes;
        vector->Length = (nuint)_size;
        header.Vectors = vector;
        header.VectorCount = 1;
        header.Name = name;
    }
}
