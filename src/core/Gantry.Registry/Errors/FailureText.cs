using System.Net;
using Gantry.Errors;
using Gantry.Oci;

namespace Gantry.Registry.Errors;

/// <summary>
/// Makes the exception that leaves this project out of a failure, in Docker's words. Docker's engine answers 500 for most of what a registry
/// or the network does wrong, and the kinds here are chosen to come out the same.
/// </summary>
internal static class FailureText
{
    internal static GantryException Pull(RegistryFailure failure, ImageReference reference) => failure.Code switch
    {
        "DENIED" => GantryException.NotFound(
            $"pull access denied for {reference.FamiliarName}, repository does not exist or may require 'docker login': {failure.Message}", failure),
        "MANIFEST_UNKNOWN" => GantryException.NotFound($"manifest for {reference.Familiar} not found: {failure.Message}", failure),
        "NAME_UNKNOWN" => GantryException.NotFound($"repository {reference.FamiliarName} not found: {failure.Message}", failure),
        _ => GantryException.Internal(failure.FullMessage, failure),
    };

    internal static GantryException Blob(RegistryFailure failure, ImageReference reference) =>
        failure.Status == HttpStatusCode.NotFound ? GantryException.Internal("unknown blob", failure) : Pull(failure, reference);

    internal static GantryException Push(RegistryFailure failure) => GantryException.Internal(failure.Message, failure);

    internal static GantryException Login(RegistryFailure failure) =>
        new(failure.Code is "UNAUTHORIZED" or "DENIED" ? ErrorKind.Unauthorized : ErrorKind.Internal, failure.FullMessage, failure);
}
