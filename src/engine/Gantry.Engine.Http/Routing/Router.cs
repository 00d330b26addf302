namespace Gantry.Engine.Http.Routing;

/// <summary>Answers one request. It may throw; the failure becomes the response while nothing was written yet.</summary>
internal delegate Task ApiHandler(ApiRequest request);

/// <summary>
/// Finds the handler of a path. Patterns are literal segments and <c>{name}</c>, which takes one segment, or <c>{name*}</c>, which takes one or
/// more (image names contain slashes). Earlier routes win.
/// </summary>
internal sealed class Router
{
    private readonly Dictionary<(string Method, string First), List<Route>> _routes = [];

    internal void Map(string method, string pattern, ApiHandler handler)
    {
        var segments = pattern.Split('/')[1..];
        var key = (method, segments[0]);
        if (!_routes.TryGetValue(key, out var routes))
        {
            _routes[key] = routes = [];
        }

        routes.Add(new Route(segments, handler));
    }

    /// <summary>The handler and its path values, or null.</summary>
    internal (ApiHandler? Handler, IReadOnlyDictionary<string, string> Values) Find(string method, string[] segments)
    {
        if (segments.Length > 0 && _routes.TryGetValue((method, segments[0]), out var routes))
        {
            foreach (var route in routes)
            {
                if (route.Match(segments) is { } values)
                {
                    return (route.Handler, values);
                }
            }
        }

        return (null, Route.NoValues);
    }

    private sealed class Route(string[] pattern, ApiHandler handler)
    {
        internal static readonly IReadOnlyDictionary<string, string> NoValues = new Dictionary<string, string>();

        private readonly int _greedy = Array.FindIndex(pattern, p => p.EndsWith("*}", StringComparison.Ordinal));

        internal ApiHandler Handler { get; } = handler;

        internal IReadOnlyDictionary<string, string>? Match(string[] segments)
        {
            var extra = segments.Length - pattern.Length;
            if (extra < 0 || (extra > 0 && _greedy < 0))
            {
                return null;
            }

            Dictionary<string, string>? values = null;
            for (var i = 0; i < pattern.Length; i++)
            {
                var at = _greedy >= 0 && i > _greedy ? i + extra : i;
                if (pattern[i] is not ['{', ..])
                {
                    if (pattern[i] != segments[at])
                    {
                        return null;
                    }
                }
                else if (i == _greedy)
                {
                    (values ??= [])[pattern[i][1..^2]] = string.Join('/', segments, at, extra + 1);
                }
                else if (segments[at].Length == 0)
                {
                    return null;
                }
                else
                {
                    (values ??= [])[pattern[i][1..^1]] = segments[at];
                }
            }

            return values ?? NoValues;
        }
    }
}
