using Gantry.Metadata;
using Gantry.Oci;

namespace Gantry.Images.Transfer;

/// <summary>
/// Where uploads under way can be continued, on disk: an engine that was killed in the middle of a push goes on with what the registry has
/// already. An upload belongs to one push at a time; a second one of the same blob makes its own.
/// </summary>
internal sealed class UploadMemory
{
    /// <summary>Smaller blobs are sent again sooner than they are looked up.</summary>
    private const long SmallestRemembered = 1 << 20;

    /// <summary>No registry keeps an unfinished upload for longer.</summary>
    private static readonly TimeSpan s_forgotten = TimeSpan.FromDays(7);

    private readonly Database _database;
    private readonly Lock _lock = new();
    private readonly HashSet<(string Repository, Digest Digest)> _busy = [];

    internal UploadMemory(Database database)
    {
        _database = database;
        database.Migrate(
            "uploads",
            """
            CREATE TABLE upload (repository TEXT NOT NULL, digest TEXT NOT NULL, location TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (repository, digest)) WITHOUT ROWID;
            """);
    }

    /// <summary>Takes the upload of a blob to a repository for the caller until it disposes what it gets; null when another has it, or the blob is small.</summary>
    internal Turn? Enter(string repository, Descriptor blob)
    {
        if (blob.Size < SmallestRemembered)
        {
            return null;
        }

        lock (_lock)
        {
            return _busy.Add((repository, blob.Digest)) ? new Turn(this, repository, blob.Digest) : null;
        }
    }

    private Uri? Find(string repository, Digest digest) => _database.Read(session => session.QueryFirst(
        "SELECT location FROM upload WHERE repository = ?1 AND digest = ?2", r => r.Text(0), repository, digest.ToString())) is { } text
        && Uri.TryCreate(text, UriKind.Absolute, out var location) ? location : null;

    private void Set(string repository, Digest digest, Uri? location) => _database.Write(Durability.Relaxed, session =>
    {
        if (location is null)
        {
            session.Execute("DELETE FROM upload WHERE repository = ?1 AND digest = ?2", repository, digest.ToString());
            return;
        }

        session.Execute("DELETE FROM upload WHERE time < ?1", (DateTimeOffset.UtcNow - s_forgotten).UtcTicks);
        session.Execute(
            "INSERT OR REPLACE INTO upload (repository, digest, location, time) VALUES (?1, ?2, ?3, ?4)",
            repository, digest.ToString(), location.AbsoluteUri, DateTimeOffset.UtcNow.UtcTicks);
    });

    private void Leave(string repository, Digest digest)
    {
        lock (_lock)
        {
            _busy.Remove((repository, digest));
        }
    }

    /// <summary>One push's turn with an upload.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly UploadMemory _memory;
        private readonly string _repository;
        private readonly Digest _digest;
        private Uri? _known;

        internal Turn(UploadMemory memory, string repository, Digest digest)
        {
            (_memory, _repository, _digest) = (memory, repository, digest);
            Earlier = _known = memory.Find(repository, digest);
        }

        /// <summary>Where an earlier attempt can be continued, or null.</summary>
        internal Uri? Earlier { get; }

        /// <summary>Keeps where the upload goes on, or forgets it (null).</summary>
        internal void Remember(Uri? location)
        {
            if (location != _known)
            {
                _memory.Set(_repository, _digest, location);
                _known = location;
            }
        }

        public void Dispose() => _memory.Leave(_repository, _digest);
    }
}
