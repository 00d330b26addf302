using System.Text.Json.Serialization;
using Gantry.Plugins;

namespace Gantry.Engine.Http.Authorization;

/// <summary>What an authorization plugin is asked, before a request is served and again with the response it is answered with.</summary>
internal sealed record AuthorizationQuestion
{
    public string? User { get; init; }

    public string? UserAuthNMethod { get; init; }

    public required string RequestMethod { get; init; }

    /// <summary>As it stands in the request's first line, version included.</summary>
    public required string RequestUri { get; init; }

    /// <summary>Of JSON only, and never of credentials.</summary>
    public byte[]? RequestBody { get; init; }

    public required Dictionary<string, string> RequestHeaders { get; init; }

    /// <summary>The client's certificate as PEM.</summary>
    public List<byte[]>? RequestPeerCertificates { get; init; }

    /// <summary>0 for connections that were taken over, and for failures.</summary>
    public int ResponseStatusCode { get; init; }

    public byte[]? ResponseBody { get; init; }

    public Dictionary<string, string>? ResponseHeaders { get; init; }
}

/// <summary>What it says.</summary>
internal sealed record AuthorizationAnswer : PluginAnswer
{
    public bool Allow { get; init; }

    /// <summary>Why not.</summary>
    public string? Msg { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(AuthorizationQuestion))]
[JsonSerializable(typeof(AuthorizationAnswer))]
internal sealed partial class AuthorizationJson : JsonSerializerContext;
