using System.Text;
using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Apps.Cli.Configuration;
using Gantry.Errors;
using Gantry.Terminal.Tty;

namespace Gantry.Apps.Cli.Commands.Registry;

/// <summary>docker login.</summary>
internal sealed class LoginCommand(FlagSet flags) : Command
{
    private readonly Flag<string> _password = flags.String("password", "Password or Personal Access Token (PAT)", 'p');
    private readonly Flag<bool> _passwordStdin = flags.Bool("password-stdin", "Take the Password or Personal Access Token (PAT) from stdin");
    private readonly Flag<string> _user = flags.String("username", "Username", 'u');

    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        if (_user.Changed && _user.Value.Length == 0)
        {
            throw new CliException("username is empty", 1);
        }

        if (_password.Changed && _password.Value.Length == 0)
        {
            throw new CliException("password is empty", 1);
        }

        var password = Password(cli);

        var server = arguments.Count > 0 ? Server(arguments[0]) : CredentialStore.HubServer;
        var store = new CredentialStore(cli.Config);
        if (_user.Value.Length == 0 && password.Length == 0 && await TryExistingAsync(cli, store, server, cancellationToken))
        {
            return 0;
        }

        var user = _user.Value.Length > 0 && password.Length > 0 ? _user.Value : PromptForUser(cli);
        password = password.Length > 0 ? password : PromptForPassword(cli);
        await LoginAsync(cli, store, new AuthConfig { Username = user, Password = password, Serveraddress = server }, cancellationToken);
        return 0;
    }

    private string Password(Cli cli)
    {
        if (_password.Changed)
        {
            if (_passwordStdin.Value)
            {
                throw new CliException("conflicting options: cannot specify both --password and --password-stdin", 1);
            }

            cli.Error.WriteLine("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
        }

        if (!_passwordStdin.Value)
        {
            return _password.Value;
        }

        if (_user.Value.Length == 0)
        {
            throw new CliException("the --password-stdin option requires --username to be set", 1);
        }

        using var input = new StreamReader(InputFile.Open(""), Encoding.UTF8);
        return input.ReadToEnd().TrimEnd('\r', '\n');
    }

    private async Task<bool> TryExistingAsync(Cli cli, CredentialStore store, string server, CancellationToken cancellationToken)
    {
        var known = await store.GetAsync(server, cancellationToken);
        if (string.IsNullOrEmpty(known.Username) && string.IsNullOrEmpty(known.Identitytoken))
        {
            return false;
        }

        cli.Error.WriteLine($"Authenticating with existing credentials... [Username: {known.Username}]");
        cli.Error.WriteLine($"\n Info -> To login with a different account, run '{cli.Program} logout' followed by '{cli.Program} login'\n\n");
        try
        {
            cli.Out.WriteLine(Succeeded((await cli.Client.LoginAsync(known, cancellationToken)).Status));
            return true;
        }
        catch (GantryException e) when (e.Kind == ErrorKind.Unauthorized && cli.InputIsTerminal)
        {
            cli.Error.WriteLine($"Login did not succeed, error: {e.Message}");
            return false;
        }
    }

    private string PromptForUser(Cli cli)
    {
        if (!cli.InputIsTerminal)
        {
            throw new CliException("Error: Cannot perform an interactive login from a non TTY device", 1);
        }

        if (_user.Value.Length > 0)
        {
            return _user.Value.Trim();
        }

        cli.Out.Write("Username: ");
        cli.Out.Flush();
        var user = Console.In.ReadLine()?.Trim() ?? "";
        return user.Length > 0 ? user : throw new CliException("Error: Non-null Username Required", 1);
    }

    private static string PromptForPassword(Cli cli)
    {
        if (!cli.InputIsTerminal)
        {
            throw new CliException("Error: Cannot perform an interactive login from a non TTY device", 1);
        }

        cli.Out.Write("Password: ");
        cli.Out.Flush();
        var saved = Linux.Tty.DisableEcho(TerminalInfo.StandardInput);
        try
        {
            var password = Console.In.ReadLine() ?? "";
            cli.Out.WriteLine();
            return password.Length > 0 ? password : throw new CliException("Error: Password Required", 1);
        }
        finally
        {
            Linux.Tty.Restore(TerminalInfo.StandardInput, saved);
        }
    }

    private static async Task LoginAsync(Cli cli, CredentialStore store, AuthConfig auth, CancellationToken cancellationToken)
    {
        var response = await cli.Client.LoginAsync(auth, cancellationToken);
        if (!string.IsNullOrEmpty(response.IdentityToken))
        {
            auth.Password = "";
            auth.Identitytoken = response.IdentityToken;
        }

        await store.StoreAsync(auth, cancellationToken);
        cli.Config.Save();
        if (store.IsPlain(auth.Serveraddress!))
        {
            cli.Error.WriteLine(
                $"\nWARNING! Your credentials are stored unencrypted in '{cli.Config.FileName}'.\nConfigure a credential helper to remove this warning. See\n"
                + "https://docs.docker.com/go/credential-store/\n");
            cli.Error.Flush();
        }

        cli.Out.WriteLine(Succeeded(response.Status));
    }

    private static string Succeeded(string? status) => string.IsNullOrEmpty(status) ? "Login Succeeded" : status;

    /// <summary>A server as users write it: without scheme and path.</summary>
    internal static string Server(string argument)
    {
        if (argument == CredentialStore.HubServer)
        {
            return argument;
        }

        var mark = argument.IndexOf("://", StringComparison.Ordinal);
        var rest = mark < 0 ? argument : argument[(mark + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return CredentialStore.ServerOf(slash < 0 ? rest : rest[..slash]);
    }
}

/// <summary>docker logout.</summary>
internal sealed class LogoutCommand : Command
{
    public override async Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var server = arguments.Count > 0 ? LoginCommand.Server(arguments[0]) : CredentialStore.HubServer;
        var store = new CredentialStore(cli.Config);
        cli.Out.WriteLine($"Removing login credentials for {server}");
        cli.Out.Flush();
        foreach (var key in (string[])[server, "http://" + server, "https://" + server])
        {
            if (key != server && !store.Contains(key))
            {
                continue;
            }

            try
            {
                await store.EraseAsync(key, cancellationToken);
            }
            catch (GantryException e)
            {
                cli.Error.WriteLine($"WARNING: could not erase credentials for {key}: {e.Message}");
            }
        }

        if (cli.Config.Exists)
        {
            cli.Config.Save();
        }

        return 0;
    }
}

/// <summary>gantry registry serve: becomes gantryd, which is the registry too.</summary>
internal sealed class ServeRegistryCommand : Command
{
    public override Task<int> RunAsync(Cli cli, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var program = Engine.EngineStarter.FindEngine();
        cli.Out.Flush();
        cli.Error.Flush();
        try
        {
            Linux.DetachedProcess.Become(program, ["registry", "serve", .. arguments]);
        }
        catch (Linux.LinuxException e)
        {
            throw new CliException($"{program} can't be executed: {e.Message}", 1);
        }

        return Task.FromResult(0);
    }
}
