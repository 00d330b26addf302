using System.Globalization;
using Gantry.Errors;

namespace Gantry.Build.Copying;

/// <summary>What <c>--chmod</c> says: an octal mode, or changes as chmod(1) takes them (<c>u=rwX,go=rX</c>), of which BuildKit knows.</summary>
internal sealed class ModeChange
{
    private const int All = 0xfff;
    private const int SetUid = 0x800;
    private const int SetGid = 0x400;
    private const int Sticky = 0x200;
    private const int EveryExecute = 0x49;

    private readonly int _octal;
    private readonly List<Clause> _clauses = [];

    private ModeChange(int octal) => _octal = octal;

    /// <summary>An octal mode: directories that are made on the way have it too.</summary>
    public bool IsOctal => _clauses.Count == 0;

    /// <exception cref="GantryException">InvalidArgument, in Docker's words.</exception>
    public static ModeChange Parse(string text, bool mayBeSymbolic)
    {
        if (text.Length is > 0 and <= 5 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is var mode and <= All)
        {
            return new ModeChange(mode);
        }

        if (!mayBeSymbolic || text.Length == 0 || char.IsAsciiDigit(text[0]))
        {
            throw Invalid(string.Create(CultureInfo.InvariantCulture, $"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"));
        }

        var change = new ModeChange(0);
        foreach (var part in text.Split(','))
        {
            change.Read(part);
        }

        return change;
    }

    public int Apply(int mode, bool isDirectory) => IsOctal ? _octal : _clauses.Aggregate(mode, (m, c) => c.Apply(m, isDirectory));

    /// <summary><c>[ugoa]*([-+=][rwxXst]*|[ugo])+</c></summary>
    private void Read(string part)
    {
        var at = 0;
        var who = 0;
        for (; at < part.Length && "ugoa".Contains(part[at], StringComparison.Ordinal); at++)
        {
            who |= Who(part[at]);
        }

        if (at == part.Length)
        {
            throw Invalid("invalid syntax");
        }

        while (at < part.Length)
        {
            var operation = part[at++];
            var from = at;
            while (at < part.Length && part[at] is not ('+' or '-' or '='))
            {
                at++;
            }

            var rights = part[from..at];
            if (operation is not ('+' or '-' or '=') || !(rights.All("rwxXst".Contains) || rights is "u" or "g" or "o"))
            {
                throw Invalid("invalid syntax");
            }

            _clauses.Add(new Clause(who == 0 ? All : who, operation, rights));
        }
    }

    private static int Who(char letter) => letter switch
    {
        'u' => SetUid | 0x1c0,
        'g' => SetGid | 0x38,
        'o' => 7,
        _ => All,
    };

    private static GantryException Invalid(string message) => GantryException.InvalidArgument(message);

    private sealed record Clause(int Who, char Operation, string Rights)
    {
        public int Apply(int mode, bool isDirectory)
        {
            var bits = Bits(mode, isDirectory) & (Who | Sticky);
            return Operation switch
            {
                '+' => mode | bits,
                '-' => mode & ~bits,
                _ => (mode & ~Who) | bits,
            };
        }

        private int Bits(int mode, bool isDirectory) => Rights switch
        {
            "u" => ((mode >> 6) & 7) * EveryExecute,
            "g" => ((mode >> 3) & 7) * EveryExecute,
            "o" => (mode & 7) * EveryExecute,
            _ => Rights.Aggregate(0, (bits, letter) => bits | letter switch
            {
                'r' => 0x124,
                'w' => 0x92,
                'x' => EveryExecute,
                'X' => isDirectory || (mode & EveryExecute) != 0 ? EveryExecute : 0,
                's' => SetUid | SetGid,
                _ => Sticky,
            }),
        };
    }
}
