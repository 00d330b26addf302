using Gantry.Engine.Diagnostics;
using Gantry.Engine.Http.Hosting;
using Gantry.Errors;
using Gantry.Plugins;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gantry.Engine.Http.Authorization;

/// <summary>
/// Has authorization plugins decide about every request, each in turn, before it is served and again before its response is sent
/// (<c>--authorization-plugin</c>).
/// </summary>
/// <remarks>docs/design/authorization-plugins.md</remarks>
internal sealed class AuthorizationGate : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private const int Attempts = 30;
    private readonly EngineHost _engine;
    private readonly EngineLog _log;
    private readonly PluginTable<AuthorizationPlugin> _plugins;

    /// <summary>Plugins that the engine ran and that were disabled: replaced as a whole.</summary>
    private volatile IReadOnlySet<string> _disabled = new HashSet<string>();

    internal AuthorizationGate(EngineHost engine, PluginDirectories directories, EngineLog log)
    {
        (_engine, _log) = (engine, log);
        _plugins = new PluginTable<AuthorizationPlugin>(directories, AuthorizationPlugin.Kind, endpoint => new AuthorizationPlugin(endpoint));
        engine.Plugins.AuthorizationDisabled += name => _disabled = new HashSet<string>(_disabled) { name };
    }

    private IReadOnlyList<string> Names => _disabled.Count == 0 ? _engine.Settings.AuthorizationPlugins
        : [.. _engine.Settings.AuthorizationPlugins.Where(n => !_disabled.Contains(_plugins.FullName(n)))];

    public void Dispose() => _plugins.Dispose();

    /// <summary>Those that were disabled decide again: the configuration was read anew.</summary>
    internal void TakeAll() => _disabled = new HashSet<string>();

    /// <summary>Finds every plugin.</summary>
    /// <exception cref="GantryException">One is not there, or no plugin of this kind.</exception>
    internal void Check(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            try
            {
                _plugins.Get(name);
            }
            catch (GantryException e)
            {
                throw new GantryException(e.Kind, $"failed to validate authorization plugin: {e.Message}", e);
            }
        }
    }

    /// <summary>Finds every plugin that is wanted; one that is a container which starts now is waited for.</summary>
    /// <inheritdoc cref="Check"/>
    internal async Task CheckAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Task.Run(() => Check(Names), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (GantryException e) when (attempt < Attempts && e.Kind == ErrorKind.NotFound)
            {
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Serves a request if the plugins let it through.</summary>
    /// <exception cref="GantryException">Forbidden: one denied it; Internal: one failed. Nothing of a response has been sent then, unless it was a stream.</exception>
    internal async Task ServeAsync(HttpContext context, Func<Task> serve)
    {
        if (Names.Count == 0)
        {
            await serve().ConfigureAwait(false);
            return;
        }

        var question = await AuthorizationSubject.ReadAsync(context).ConfigureAwait(false);
        await AskAsync(question, response: false).ConfigureAwait(false);

        var feature = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var held = new HeldResponse(context, feature);
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            await serve().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            context.Features.Set(feature);
            await TellFailureAsync(question).ConfigureAwait(false);
            throw;
        }

        context.Features.Set(feature);
        if (context.Features.Get<HijackableConnection>() is { IsHijacked: true })
        {
            await TellFailureAsync(question).ConfigureAwait(false);
            return;
        }

        await held.CompleteWriterAsync().ConfigureAwait(false);
        await AskAsync(AuthorizationSubject.WithResponse(question, context, held.Body), response: true, onDenial: () => Discard(context)).ConfigureAwait(false);
        await held.ReleaseAsync(context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>A response that is over, or a failure that is told whatever plugins say: they hear of it.</summary>
    private async Task TellFailureAsync(AuthorizationQuestion question)
    {
        try
        {
            await AskAsync(question, response: true).ConfigureAwait(false);
        }
        catch (GantryException e)
        {
            _log.Error("AuthZResponse was refused after the fact", ("method", question.RequestMethod), ("uri", question.RequestUri), ("error", e.Message));
        }
    }

    private Task AskAsync(AuthorizationQuestion question, bool response, Action? onDenial = null) => Task.Run(() =>
    {
        try
        {
            foreach (var name in Names)
            {
                var answer = Ask(name, question, response);
                if (!answer.Allow)
                {
                    throw new GantryException(ErrorKind.Forbidden, $"authorization denied by plugin {name}: {answer.Msg}");
                }
            }
        }
        catch (GantryException e)
        {
            _log.Error($"AuthZ{(response ? "Response" : "Request")} for {question.RequestMethod} {question.RequestUri} returned error: {e.Message}");
            onDenial?.Invoke();
            throw;
        }
    });

    private AuthorizationAnswer Ask(string name, AuthorizationQuestion question, bool response)
    {
        _log.Debug($"AuthZ {(response ? "response" : "request")} using plugin {name}");
        try
        {
            var plugin = _plugins.Get(name);
            return response ? plugin.AskResponse(question) : plugin.AskRequest(question);
        }
        catch (GantryException e)
        {
            throw GantryException.Internal($"plugin {name} failed with error: {e.Message}", e);
        }
    }

    /// <summary>What the handler said of its response does not hold for the error that is sent instead.</summary>
    private static void Discard(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentLength = null;
            context.Response.ContentType = null;
        }
    }
}
