namespace Gantry.Networks;

/// <summary>A legacy link: one container uses ports of another.</summary>
/// <param name="From">Id of the container that links.</param>
/// <param name="To">Id of the container that it links to.</param>
/// <param name="Ports">Exposed ports of that one.</param>
public sealed record LinkAccess(string From, string To, IReadOnlyList<(string Protocol, int Port)> Ports);
