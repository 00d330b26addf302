namespace Gantry.Linux;

/// <summary>One line of a user namespace's map (user_namespaces(7)): <paramref name="Count"/> ids from these on, inside and outside.</summary>
public readonly record struct IdRange(uint Inside, uint Outside, uint Count);
