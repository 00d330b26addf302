using System.Text.Json.Serialization;

namespace Gantry.RegistryServer.Acme;

/// <summary>What an authority offers (RFC 8555, 7.1.1).</summary>
internal sealed record AcmeDirectory(Uri? NewNonce, Uri? NewAccount, Uri? NewOrder);

/// <summary>RFC 7515 and RFC 8555, 6.2: either the key or the account's address.</summary>
internal sealed record AcmeHeader(string Alg, string Nonce, Uri Url, AcmeJwk? Jwk, Uri? Kid);

/// <summary>Members in the order that its thumbprint wants (RFC 7638).</summary>
internal sealed record AcmeJwk(string Crv, string Kty, string X, string Y);

internal sealed record AcmeSigned(string Protected, string Payload, string Signature);

internal sealed record AcmeAccount(bool TermsOfServiceAgreed, IReadOnlyList<string>? Contact);

internal sealed record AcmeIdentifier(string Type, string Value);

internal sealed record AcmeOrderRequest(IReadOnlyList<AcmeIdentifier> Identifiers);

internal sealed record AcmeOrder(string? Status, IReadOnlyList<Uri>? Authorizations, Uri? Finalize, Uri? Certificate, AcmeProblem? Error);

internal sealed record AcmeAuthorization(string? Status, AcmeIdentifier? Identifier, IReadOnlyList<AcmeChallenge>? Challenges);

internal sealed record AcmeChallenge(string? Type, Uri? Url, string? Token, AcmeProblem? Error);

internal sealed record AcmeFinalize(string Csr);

/// <summary>RFC 7807.</summary>
internal sealed record AcmeProblem(string? Type, string? Detail);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 16)]
[JsonSerializable(typeof(AcmeDirectory))]
[JsonSerializable(typeof(AcmeHeader))]
[JsonSerializable(typeof(AcmeSigned))]
[JsonSerializable(typeof(AcmeAccount))]
[JsonSerializable(typeof(AcmeOrderRequest))]
[JsonSerializable(typeof(AcmeOrder))]
[JsonSerializable(typeof(AcmeAuthorization))]
[JsonSerializable(typeof(AcmeFinalize))]
[JsonSerializable(typeof(AcmeProblem))]
internal sealed partial class AcmeJson : JsonSerializerContext;
