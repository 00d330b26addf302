using Gantry.Api;
using Gantry.Apps.Cli.CommandLine;
using Gantry.Errors;

namespace Gantry.Apps.Cli.Running;

/// <summary>--health-* and --no-healthcheck.</summary>
internal sealed class HealthFlags
{
    private readonly Flag<string> _command;
    private readonly Flag<long> _interval;
    private readonly Flag<long> _retries;
    private readonly Flag<long> _startInterval;
    private readonly Flag<long> _startPeriod;
    private readonly Flag<long> _timeout;
    private readonly Flag<bool> _none;

    public HealthFlags(FlagSet flags)
    {
        _command = flags.String("health-cmd", "Command to run to check health");
        _interval = flags.Duration("health-interval", "Time between running the check (ms|s|m|h)");
        _retries = flags.Int("health-retries", "Consecutive failures needed to report unhealthy");
        _startInterval = flags.Duration("health-start-interval", "Time between running the check during the start period (ms|s|m|h)", since: "1.44");
        _startPeriod = flags.Duration("health-start-period", "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)");
        _timeout = flags.Duration("health-timeout", "Maximum time to allow one check to run (ms|s|m|h)");
        _none = flags.Bool("no-healthcheck", "Disable any container-specified HEALTHCHECK");
    }

    /// <summary>Null where no flag was given: the image's own check counts.</summary>
    public HealthcheckConfig? ToConfig()
    {
        var any = _command.Value.Length > 0 || _interval != 0 || _timeout != 0 || _startPeriod != 0 || _retries != 0 || _startInterval != 0;
        if (_none.Value)
        {
            return any ? throw GantryException.InvalidArgument("--no-healthcheck conflicts with --health-* options") : new HealthcheckConfig { Test = ["NONE"] };
        }

        if (!any)
        {
            return null;
        }

        foreach (var flag in (ReadOnlySpan<Flag<long>>)[_interval, _timeout, _retries, _startPeriod, _startInterval])
        {
            if (flag.Value < 0)
            {
                throw GantryException.InvalidArgument($"--{flag.Name} cannot be negative");
            }
        }

        return new HealthcheckConfig
        {
            Test = _command.Value.Length > 0 ? ["CMD-SHELL", _command.Value] : null,
            Interval = Set(_interval),
            Timeout = Set(_timeout),
            StartPeriod = Set(_startPeriod),
            StartInterval = Set(_startInterval),
            Retries = Set(_retries),
        };
    }

    private static long? Set(Flag<long> flag) => flag.Value != 0 ? flag.Value : null;
}
