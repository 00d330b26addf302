using System.Runtime.InteropServices;
using Gantry.Errors;

namespace Gantry.Linux;

/// <summary>
/// Password hashes through crypt(3) of libcrypt (libxcrypt on Debian): bcrypt ($2y$, $2b$, $2a$), yescrypt ($y$), sha512 ($6$) and sha256 ($5$).
/// The library is loaded on first use, so that programs that never check a password don't need it.
/// </summary>
public static partial class Crypt
{
    /// <summary>sizeof(struct crypt_data) in libxcrypt and glibc's libcrypt alike is at most 131,232 bytes.</summary>
    private const int CryptDataSize = 131_232 + 1024;

    /// <summary>True when <paramref name="password"/> hashes to <paramref name="hash"/>. Takes tens of milliseconds of CPU by design.</summary>
    /// <exception cref="GantryException">NotImplemented: libcrypt is missing or does not know the hash's method.</exception>
    public static unsafe bool Verify(string password, string hash)
    {
        var data = NativeMemory.AllocZeroed(CryptDataSize);
        try
        {
            var result = Marshal.PtrToStringUTF8(Native.crypt_r(password, hash, data));
            if (result is null || result.StartsWith('*'))
            {
                throw GantryException.NotImplemented("libcrypt does not know the method of a password hash");
            }

            return System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
                System.Text.Encoding.UTF8.GetBytes(result), System.Text.Encoding.UTF8.GetBytes(hash));
        }
        catch (DllNotFoundException exception)
        {
            throw new GantryException(ErrorKind.NotImplemented, "checking password hashes needs libcrypt.so.1 (Debian package libcrypt1)", exception);
        }
        finally
        {
            NativeMemory.Clear(data, CryptDataSize);
            NativeMemory.Free(data);
        }
    }

    private static unsafe partial class Native
    {
        [LibraryImport("libcrypt.so.1", StringMarshalling = StringMarshalling.Utf8)]
        internal static partial nint crypt_r(string phrase, string setting, void* data);
    }
}
