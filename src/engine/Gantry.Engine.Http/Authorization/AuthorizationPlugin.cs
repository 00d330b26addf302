using Gantry.Plugins;

namespace Gantry.Engine.Http.Authorization;

/// <summary>A program that decides who may do what (Docker's authorization plugin protocol).</summary>
internal sealed class AuthorizationPlugin(PluginEndpoint endpoint) : Plugin(endpoint)
{
    internal const string Kind = "authz";

    /// <exception cref="Errors.GantryException">The plugin can't be reached, or says that it failed.</exception>
    internal AuthorizationAnswer AskRequest(AuthorizationQuestion question) => Ask("AuthZPlugin.AuthZReq", question);

    /// <inheritdoc cref="AskRequest"/>
    internal AuthorizationAnswer AskResponse(AuthorizationQuestion question) => Ask("AuthZPlugin.AuthZRes", question);

    private AuthorizationAnswer Ask(string method, AuthorizationQuestion question) =>
        Connection.Call(method, question, AuthorizationJson.Default.AuthorizationQuestion, AuthorizationJson.Default.AuthorizationAnswer);
}
