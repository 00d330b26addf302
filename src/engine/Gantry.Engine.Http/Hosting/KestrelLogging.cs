using Gantry.Engine.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Gantry.Engine.Http.Hosting;

/// <summary>Brings Kestrel's warnings and errors into the engine's log; its chatter below that stays out.</summary>
internal sealed class KestrelLoggerFactory(EngineLog log) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new KestrelLogger(log);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class KestrelLogger(EngineLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                log.Error(formatter(state, exception), ("error", exception?.ToString()));
            }
            else if (logLevel == LogLevel.Warning)
            {
                log.Warn(formatter(state, exception), ("error", exception?.Message));
            }
        }
    }
}

/// <summary>All that Kestrel's TLS middleware asks of a service provider: the logger factory.</summary>
internal sealed class SingleService(ILoggerFactory loggers) : IServiceProvider
{
    public object? GetService(Type serviceType) => serviceType == typeof(ILoggerFactory) ? loggers : null;
}
