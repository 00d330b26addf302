using Gantry.Registry.Errors;

namespace Gantry.Registry;

/// <summary>Tells the user's progress that a wait is on.</summary>
/// <param name="Wait">How long.</param>
public delegate void RetryNotice(TimeSpan Wait);

/// <summary>Repeats what failed for a passing reason, ever later and not forever.</summary>
internal static class Retry
{
    internal static async Task<T> RunAsync<T>(
        RegistryOptions options, Func<CancellationToken, Task<T>> action, RetryNotice? notice, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await action(cancellationToken).ConfigureAwait(false);
            }
            catch (RegistryFailure failure) when (failure.IsTransient && Delay(options, attempt, failure) is { } delay)
            {
                notice?.Invoke(delay);
                await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>How long to wait after the failed <paramref name="attempt"/> (from 1), or null to give up.</summary>
    internal static TimeSpan? Delay(RegistryOptions options, int attempt, RegistryFailure failure)
    {
        if (attempt >= options.MaxAttempts || failure.RetryAfter > options.MaxRetryDelay)
        {
            return null;
        }

        var growing = options.RetryDelay * Math.Pow(2, Math.Min(attempt - 1, 20)) * (1 + (Random.Shared.NextDouble() / 5));
        var delay = growing < options.MaxRetryDelay ? growing : options.MaxRetryDelay;
        return failure.RetryAfter > delay ? failure.RetryAfter : delay;
    }
}
