using System.Security.Cryptography;
using Gantry.Errors;

namespace Gantry.Engine.Containers.Naming;

/// <summary>Container names: their grammar and the ones made up for containers without one.</summary>
internal static class ContainerNames
{
    private static readonly string[] s_adjectives =
    [
        "able", "agile", "airy", "alert", "amber", "apt", "artful", "autumn", "balanced", "basic", "brave", "breezy", "bright", "brisk", "broad",
        "calm", "candid", "careful", "cheerful", "chosen", "clear", "clever", "cobalt", "coastal", "cordial", "cosmic", "crisp", "curious", "daring",
        "dapper", "deep", "deft", "dewy", "direct", "eager", "early", "earnest", "easy", "even", "exact", "fair", "faithful", "famous", "fancy", "fast",
        "fearless", "fine", "firm", "fleet", "fluent", "fond", "frank", "fresh", "gentle", "giant", "glad", "golden", "graceful", "grand", "green",
        "handy", "happy", "hardy", "helpful", "honest", "humble", "ideal", "jolly", "just", "keen", "kind", "lasting", "level", "light", "lively",
        "loyal", "lucid", "lucky", "lunar", "mellow", "merry", "mighty", "mild", "modest", "neat", "nimble", "noble", "novel", "open", "orderly",
        "patient", "plain", "playful", "polite", "precise", "prime", "proud", "prudent", "quick", "quiet", "radiant", "rapid", "ready", "robust",
        "rustic", "sage", "serene", "sharp", "silent", "silver", "simple", "sincere", "smart", "smooth", "solar", "solid", "sound", "spry", "stable",
        "steady", "sturdy", "subtle", "sunny", "swift", "tame", "tidy", "tranquil", "true", "trusty", "upbeat", "useful", "valiant", "vast", "vivid",
        "warm", "wise", "witty", "zesty",
    ];

    private static readonly string[] s_surnames =
    [
        "abel", "alhazen", "ampere", "anning", "archimedes", "aryabhata", "avogadro", "babbage", "backus", "banach", "bardeen", "bell", "bernoulli",
        "bhabha", "bohr", "boltzmann", "boole", "bose", "boyle", "brahe", "cantor", "carnot", "carson", "cauchy", "cavendish", "chandra", "church",
        "clarke", "copernicus", "coulomb", "crick", "curie", "dalton", "darwin", "davy", "descartes", "dijkstra", "dirac", "easley", "einstein", "erdos",
        "euclid", "euler", "faraday", "fermat", "fermi", "feynman", "fibonacci", "floyd", "fourier", "franklin", "fresnel", "galileo", "galois", "gauss",
        "germain", "goodall", "goedel", "hamilton", "hamming", "hawking", "heisenberg", "hertz", "hilbert", "hoare", "hooke", "hopper", "hubble",
        "huygens", "hypatia", "jacobi", "johnson", "joliot", "joule", "kelvin", "kepler", "kilby", "knuth", "kovalevskaya", "lagrange", "lamarr",
        "laplace", "lavoisier", "leavitt", "leibniz", "linnaeus", "lovelace", "lyell", "markov", "maxwell", "mayer", "mcclintock", "meitner", "mendel",
        "mendeleev", "minkowski", "mirzakhani", "morse", "napier", "nash", "newton", "noether", "nobel", "ohm", "oppenheimer", "pascal", "pasteur",
        "pauli", "payne", "perlman", "planck", "poincare", "ptolemy", "pythagoras", "raman", "ramanujan", "ride", "riemann", "ritchie", "rubin",
        "rutherford", "sagan", "schrodinger", "shannon", "shockley", "somerville", "tesla", "thales", "thompson", "torricelli", "turing", "venn", "volta",
        "watt", "wegener", "weierstrass", "wiles", "wirth", "wu", "yalow", "yonath", "zuse",
    ];

    /// <summary>A made-up name; from the second attempt on with a digit, so that a free one is found among any number.</summary>
    internal static string Generate(int attempt)
    {
        var name = $"{Pick(s_adjectives)}_{Pick(s_surnames)}";
        return attempt == 0 ? name : name + RandomNumberGenerator.GetInt32(attempt < 6 ? 10 : 1_000_000);
    }

    /// <summary>Takes the leading slash off and checks the rest.</summary>
    /// <exception cref="GantryException">InvalidArgument in Docker's words.</exception>
    internal static string Parse(string name)
    {
        var bare = name.StartsWith('/') ? name[1..] : name;
        return IsValid(bare)
            ? bare
            : throw GantryException.InvalidArgument($"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
    }

    internal static bool IsValid(string name) =>
        name.Length is >= 2 and <= 255 && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static string Pick(string[] words) => words[RandomNumberGenerator.GetInt32(words.Length)];
}
