namespace Gantry.Cli.Tests.SideBySide;

/// <summary>A request that a CLI made and the engine's answer.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="Request">The body when it is JSON; null for none and for uploads.</param>
/// <param name="Headers">Those of the answer that clients look at.</param>
/// <param name="Body">The answer's body, base64; after 101 what the engine sent on the raw connection.</param>
internal sealed record Exchange(string Method, string Target, string? Request, int Status, string Reason, Dictionary<string, string> Headers, string Body);

/// <summary>One command line: what docker printed, and what its engine was asked.</summary>
internal sealed record Recording(string Command, int ExitCode, string Output, string Error, List<Exchange> Exchanges);
