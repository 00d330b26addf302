using System.Text.Json.Serialization;
using Gantry.Errors;
using Gantry.Metadata;

namespace Gantry.Storage.Tests.Metadata;

public sealed class DatabaseTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Records_survive_reopening()
    {
        using (var database = Open())
        {
            var table = Table(database);
            table.Put("b", new Thing("two"), Durability.Durable);
            table.Put("a", new Thing("one"), Durability.Relaxed);
            table.Put("a", new Thing("uno"), Durability.Relaxed);
        }

        using var again = Open();
        Assert.Equal(["a", "b"], Table(again).All().Select(r => r.Key));
        Assert.Equal("uno", Table(again).Find("a")!.Name);
        Assert.Null(Table(again).Find("c"));
        Assert.True(Table(again).Delete("a", Durability.Relaxed));
        Assert.False(Table(again).Delete("a", Durability.Relaxed));
        Assert.Empty(new RecordTable<Thing>(again, "other", TestJson.Default.Thing).All());
    }

    [Fact]
    public void A_throwing_write_changes_nothing()
    {
        using var database = Open();
        var table = Table(database);

        Assert.Throws<FormatException>(() => database.Write(Durability.Relaxed, session =>
        {
            table.Put(session, "a", new Thing("x"));
            throw new FormatException();
        }));

        Assert.Null(table.Find("a"));
        table.Put("b", new Thing("y"), Durability.Relaxed);
        Assert.NotNull(table.Find("b"));
    }

    [Fact]
    public void Readers_see_committed_state_while_a_write_runs()
    {
        using var database = Open();
        var table = Table(database);
        table.Put("a", new Thing("old"), Durability.Relaxed);

        database.Write(Durability.Relaxed, session =>
        {
            table.Put(session, "a", new Thing("new"));
            Assert.Equal("old", Task.Run(() => table.Find("a")).Result!.Name);
        });

        Assert.Equal("new", table.Find("a")!.Name);
    }

    [Fact]
    public void Many_threads_write_and_read()
    {
        using var database = Open();
        var table = Table(database);

        Parallel.For(0, 400, i =>
        {
            table.Put($"{i:D3}", new Thing($"{i}"), i % 10 == 0 ? Durability.Durable : Durability.Relaxed);
            Assert.Equal($"{i}", table.Find($"{i:D3}")!.Name);
        });

        Assert.Equal(400, table.All().Count);
    }

    [Fact]
    public void Migrations_run_once_and_in_order()
    {
        const string First = "CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1)";
        const string Second = "ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'; INSERT INTO t VALUES(2, 'y')";
        using (var database = Open())
        {
            database.Migrate("m", First);
            database.Migrate("m", First);
        }

        using (var database = Open())
        {
            database.Migrate("m", First, Second);
            Assert.Equal(["1x", "2y"], database.Read(s => s.Query("SELECT a, b FROM t ORDER BY a", r => r.Int64(0) + r.Text(1))));
        }

        using var older = Open();
        var error = Assert.Throws<GantryException>(() => older.Migrate("m", First));
        Assert.Equal(ErrorKind.DataCorrupt, error.Kind);
        Assert.Contains("newer version", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_migration_leaves_the_old_version()
    {
        using var database = Open();
        Assert.Throws<GantryException>(() => database.Migrate("m", "CREATE TABLE u(a INTEGER)", "CREATE TABLE u(a INTEGER)"));

        Assert.Equal(0, database.Read(s => s.QueryFirst("SELECT count(*) FROM sqlite_master WHERE name = 'u'", r => r.Int64(0))));
        database.Migrate("m", "CREATE TABLE u(a INTEGER)");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void A_damaged_file_is_reported(int keep)
    {
        using (var database = Open())
        {
            for (var i = 0; i < 100; i++)
            {
                Table(database).Put($"{i}", new Thing(new string('x', 500)), Durability.Relaxed);
            }
        }

        var bytes = File.ReadAllBytes(_directory["gantry.db"]);
        Array.Fill(bytes, (byte)0x5a, keep, bytes.Length - keep);
        File.WriteAllBytes(_directory["gantry.db"], bytes);

        var error = Assert.Throws<GantryException>(() =>
        {
            using var database = Open();
            Table(database).All();
        });
        Assert.Equal(ErrorKind.DataCorrupt, error.Kind);
        Assert.Contains("is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_is_folded_in_while_running()
    {
        using var database = Open();
        for (var i = 0; i < 3000; i++)
        {
            Table(database).Put($"{i % 7}", new Thing(new string('x', 3000)), Durability.Relaxed);
        }

        // 3000 writes of a page and more would be well over 12 MB of log.
        Assert.InRange(new FileInfo(_directory["gantry.db-wal"]).Length, 0, 8 << 20);
    }

    private Database Open() => Database.Open(_directory["gantry.db"]);

    private static RecordTable<Thing> Table(Database database) => new(database, "thing", TestJson.Default.Thing);
}

internal sealed record Thing(string Name);

[JsonSerializable(typeof(Thing))]
internal sealed partial class TestJson : JsonSerializerContext;
