using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gantry.Errors;
using Gantry.RegistryServer.Storage;
using Microsoft.AspNetCore.Http;

namespace Gantry.RegistryServer.Acme;

/// <summary>
/// The certificate that an authority gave, kept in one file with its key, and renewed when a third of its time is left. Connections that begin
/// from then on get the new one. Also answers the authority's questions.
/// </summary>
internal sealed class AcmeCertificates : IDisposable
{
    private const string ChallengePath = "/.well-known/acme-challenge/";
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromHours(6);
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromHours(1);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = 1 << 20 };
    private readonly ConcurrentDictionary<string, string> _answers = [];
    private readonly RegistryAcme _options;
    private readonly AccountKey _account;
    private readonly AcmeClient _client;
    private readonly string _file;
    private readonly Action<string>? _log;
    private volatile SslStreamCertificateContext? _current;

    internal AcmeCertificates(RegistryAcme options, string root, Action<string>? log)
    {
        (_options, _log) = (options, log);
        var directory = Directory.CreateDirectory(Path.Combine(root, "acme")).FullName;
        _file = Path.Combine(directory, "certificate.pem");
        _account = new AccountKey(Path.Combine(directory, "account.pem"));
        _client = new AcmeClient(_http, options, _account, (token, answer) => _answers[token] = answer);
        Load();
    }

    /// <summary>What connections get; null while there is none.</summary>
    internal SslStreamCertificateContext? Current => _current;

    /// <summary>True when there is none, or a third of its time is left, or it is not for all of the domains.</summary>
    internal bool IsDue => _current is not { TargetCertificate: var certificate }
        || DateTime.Now > certificate.NotAfter - ((certificate.NotAfter - certificate.NotBefore) / 3)
        || !_options.Domains.All(domain => certificate.MatchesHostname(domain, allowCommonName: false));

    /// <summary>Gets a new certificate.</summary>
    /// <exception cref="GantryException">Internal: the authority refuses, or sends what can't be used.</exception>
    internal async Task RenewAsync(CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            var chain = await _client.OrderAsync(key, cancellationToken).ConfigureAwait(false);
            var text = $"{chain.TrimEnd()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
            var context = Parse(text);
            SecretFile.Write(_file, Encoding.ASCII.GetBytes(text));
            _current = context;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw GantryException.Internal($"acme: {_options.Directory} sent no certificate for our key: {exception.Message}", exception);
        }
        finally
        {
            _answers.Clear();
        }
    }

    /// <summary>Renews whenever it is time, until the server stops; failures are told and tried again.</summary>
    internal async Task KeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var wait = s_lookEvery; ; wait = await TryRenewAsync(cancellationToken).ConfigureAwait(false) ? s_lookEvery : s_afterFailure)
            {
                await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
            return;
        }
    }

    /// <summary>Answers an authority that asks whether we are who ordered.</summary>
    internal Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? string.Empty;
        if (http.Request.Method != "GET" || !path.StartsWith(ChallengePath, StringComparison.Ordinal) || !_answers.TryGetValue(path[ChallengePath.Length..], out var answer))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        http.Response.ContentType = "application/octet-stream";
        return http.Response.WriteAsync(answer, http.RequestAborted);
    }

    public void Dispose()
    {
        _http.Dispose();
        _account.Dispose();
    }

    private async Task<bool> TryRenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            await (IsDue ? RenewAsync(cancellationToken) : Task.CompletedTask).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is GantryException or IOException)
        {
            _log?.Invoke($"the certificate could not be renewed: {exception.Message}");
            return false;
        }
    }

    /// <summary>A file that can't be read is as good as none: a new certificate is asked for.</summary>
    private void Load()
    {
        try
        {
            _current = File.Exists(_file) ? Parse(File.ReadAllText(_file)) : null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            _log?.Invoke($"{_file} is damaged: {exception.Message}");
        }
    }

    private static SslStreamCertificateContext Parse(string text)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(text);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(text, text), [.. chain.Skip(1)], offline: true);
    }
}
