using System.Text;
using Gantry.Engine.Http.Hosting;
using Gantry.Engine.Http.Routing;
using Gantry.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Authorization;

/// <summary>Says of a request, and of its response, what plugins may know: bodies only where they are JSON, no credentials.</summary>
internal static class AuthorizationSubject
{
    private const int MaxBody = 4 * 1024 * 1024;

    /// <summary>Reads a JSON body to its end; the handler gets it from memory then.</summary>
    /// <exception cref="GantryException">Internal: a body that is too large for plugins, in dockerd's words.</exception>
    internal static async Task<AuthorizationQuestion> ReadAsync(HttpContext context)
    {
        var certificate = context.Features.Get<PeerCertificate>()?.Certificate;
        return new AuthorizationQuestion
        {
            User = certificate?.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, forIssuer: false),
            UserAuthNMethod = certificate is null ? null : "TLS",
            RequestMethod = context.Request.Method,
            RequestUri = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            RequestBody = MayTell(context, context.Request.ContentType) ? await BodyAsync(context.Request).ConfigureAwait(false) : null,
            RequestHeaders = Headers(context.Request.Headers),
            RequestPeerCertificates = certificate is null ? null : [Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n")],
        };
    }

    /// <param name="body">What has not been sent yet.</param>
    internal static AuthorizationQuestion WithResponse(AuthorizationQuestion question, HttpContext context, ReadOnlyMemory<byte> body) => question with
    {
        ResponseStatusCode = context.Response.StatusCode,
        ResponseHeaders = Headers(context.Response.Headers),
        ResponseBody = MayTell(context, context.Response.ContentType) && !body.IsEmpty ? body.ToArray() : null,
    };

    private static bool MayTell(HttpContext context, string? contentType)
    {
        var segments = RequestTarget.Parse(context).Segments;
        return !(segments.Length > 0 && segments[0].StartsWith("auth", StringComparison.Ordinal))
            && contentType is not null && contentType.Split(';')[0].Trim().Equals(Responses.Json, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<byte[]?> BodyAsync(HttpRequest request)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted).ConfigureAwait(false) is > 0 and var read)
        {
            whole.Write(buffer, 0, read);
            if (whole.Length > MaxBody)
            {
                throw GantryException.Internal($"request body too large for authorization plugin: size exceeds {MaxBody} bytes");
            }
        }

        var body = whole.ToArray();
        request.Body = new MemoryStream(body, writable: false);
        return body.Length == 0 ? null : body;
    }

    /// <summary>By the names that Go's servers give them, the last of several.</summary>
    private static Dictionary<string, string> Headers(IHeaderDictionary headers)
    {
        var result = new Dictionary<string, string>();
        foreach (var (name, values) in headers)
        {
            if (CanonicalName(name) is not ("Authorization" or "X-Registry-Config" or "X-Registry-Auth" or "Host") and var canonical && values.Count > 0)
            {
                result[canonical] = values[^1] ?? string.Empty;
            }
        }

        return result;
    }

    private static string CanonicalName(string name) => string.Create(name.Length, name, static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = i == 0 || source[i - 1] == '-' ? char.ToUpperInvariant(source[i]) : char.ToLowerInvariant(source[i]);
        }
    });
}
