using Gantry.ApiGenerator;

// Regenerates src/model/Gantry.Api/Generated from the specification and the overrides beside it.
//   dotnet run --project tools/Gantry.ApiGenerator -- src/model/Gantry.Api [--check]
if (args.Length is 0 or > 2)
{
    Console.Error.WriteLine("usage: Gantry.ApiGenerator PROJECT_FOLDER [--check]");
    return 2;
}

var folder = args[0];
var files = Generator.Generate(
    File.ReadAllText(Path.Combine(folder, "Specification", "engine-api-v1.51.yaml")),
    File.ReadAllLines(Path.Combine(folder, "Specification", "overrides.txt")));
var target = Path.Combine(folder, "Generated");
if (args.Length == 2)
{
    var stale = files.Where(f => !File.Exists(Path.Combine(target, f.Key)) || File.ReadAllText(Path.Combine(target, f.Key)) != f.Value)
        .Select(f => f.Key)
        .Concat(Directory.EnumerateFiles(target).Select(Path.GetFileName).OfType<string>().Where(f => !files.ContainsKey(f)))
        .ToList();
    stale.ForEach(f => Console.Error.WriteLine($"not as generated: {f}"));
    return stale.Count == 0 ? 0 : 1;
}

Directory.CreateDirectory(target);
foreach (var old in Directory.EnumerateFiles(target))
{
    File.Delete(old);
}

foreach (var (name, text) in files)
{
    File.WriteAllText(Path.Combine(target, name), text);
}

Console.WriteLine($"{files.Count} files");
return 0;
