using System.Text;
using System.Text.Json;
using Gantry.Errors;
using Gantry.Linux;

namespace Gantry.Apps.Cli.Configuration;

/// <summary>A docker-credential-NAME program: get, store, erase and list over stdin and stdout.</summary>
internal sealed class CredentialHelper(string name)
{
    private const int LargestAnswer = 1 << 20;
    private const string NotFound = "credentials not found in native keychain";

    private string Program => "docker-credential-" + name;

    /// <summary>User and secret of a server, or null where the helper has none.</summary>
    public async Task<(string User, string Secret)?> GetAsync(string server, CancellationToken cancellationToken)
    {
        var (code, output) = await RunAsync("get", server, cancellationToken);
        if (code != 0)
        {
            return output.Trim() == NotFound ? null : throw Failed("get", output);
        }

        try
        {
            using var json = JsonDocument.Parse(output);
            return (json.RootElement.GetProperty("Username").GetString() ?? "", json.RootElement.GetProperty("Secret").GetString() ?? "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Failed("get", e.Message);
        }
    }

    public async Task StoreAsync(string server, string user, string secret, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ServerURL", server);
            json.WriteString("Username", user);
            json.WriteString("Secret", secret);
            json.WriteEndObject();
        }

        var (code, output) = await RunAsync("store", Encoding.UTF8.GetString(buffer.ToArray()), cancellationToken);
        if (code != 0)
        {
            throw Failed("store", output);
        }
    }

    public async Task EraseAsync(string server, CancellationToken cancellationToken)
    {
        var (code, output) = await RunAsync("erase", server, cancellationToken);
        if (code != 0 && output.Trim() != NotFound)
        {
            throw Failed("erase", output);
        }
    }

    /// <summary>Servers and their users.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ListAsync(CancellationToken cancellationToken)
    {
        var (code, output) = await RunAsync("list", "", cancellationToken);
        if (code != 0)
        {
            throw Failed("list", output);
        }

        try
        {
            using var json = JsonDocument.Parse(output);
            return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString() ?? "", StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Failed("list", e.Message);
        }
    }

    private async Task<(int Code, string Output)> RunAsync(string verb, string input, CancellationToken cancellationToken)
    {
        try
        {
            using var process = PipedProcess.Start(Program, [verb]);
            var errors = DrainAsync(process.StandardError, cancellationToken);
            var output = DrainAsync(process.StandardOutput, cancellationToken);
            await SendAsync(process, input, cancellationToken);
            var text = await output;
            await errors;
            return (await process.WaitAsync(cancellationToken), text);
        }
        catch (LinuxException e)
        {
            var why = e.Errno == Linux.Errno.ENOENT ? $"exec: \"{Program}\": executable file not found in $PATH" : e.Message;
            throw GantryException.Unavailable($"error {Doing(verb)} - err: {why}, out: ``", e);
        }
    }

    private static async Task SendAsync(PipedProcess process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(Encoding.UTF8.GetBytes(input), cancellationToken);
        }
        catch (IOException)
        {
            // A helper that does not read its input answers all the same.
        }

        await process.StandardInput.DisposeAsync();
    }

    private static async Task<string> DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new MemoryStream();
        var chunk = new byte[4096];
        while (await stream.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            if (buffer.Length < LargestAnswer)
            {
                buffer.Write(chunk, 0, read);
            }
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private GantryException Failed(string verb, string output) =>
        GantryException.Unavailable($"error {Doing(verb)} - err: {Program} failed, out: `{output.Trim()}`");

    private static string Doing(string verb) => verb switch
    {
        "get" => "getting credentials",
        "store" => "storing credentials",
        "erase" => "erasing credentials",
        _ => "listing credentials",
    };
}
