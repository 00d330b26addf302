using System.Buffers.Binary;

namespace Gantry.Runtime.Spec.Tests;

/// <summary>Runs a system call filter as the kernel does: classic BPF (linux/filter.h) over struct seccomp_data.</summary>
internal static class FilterMachine
{
    internal static uint Run(ReadOnlySpan<byte> program, uint number, uint architecture, ReadOnlySpan<ulong> arguments)
    {
        Span<byte> data = stackalloc byte[64];
        data.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(data, number);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], architecture);
        for (var i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data[(16 + i * 8)..], arguments[i]);
        }

        var (accumulator, next) = (0u, 0);
        while (true)
        {
            var instruction = program.Slice(next * 8, 8);
            var code = BinaryPrimitives.ReadUInt16LittleEndian(instruction);
            var (ifTrue, ifFalse) = (instruction[2], instruction[3]);
            var operand = BinaryPrimitives.ReadUInt32LittleEndian(instruction[4..]);
            next++;
            switch (code)
            {
                case 0x20: accumulator = BinaryPrimitives.ReadUInt32LittleEndian(data[(int)operand..]); break;
                case 0x54: accumulator &= operand; break;
                case 0x05: next += (int)operand; break;
                case 0x15: next += accumulator == operand ? ifTrue : ifFalse; break;
                case 0x25: next += accumulator > operand ? ifTrue : ifFalse; break;
                case 0x35: next += accumulator >= operand ? ifTrue : ifFalse; break;
                case 0x06: return operand;
                default: throw new InvalidOperationException($"instruction {code:x} is not one that libseccomp makes");
            }
        }
    }
}
