using System.Collections.Concurrent;
using Gantry.RegistryServer.Http;

namespace Gantry.RegistryServer.Storage;

/// <summary>The uploads under way. A session lives in its file; the table only keeps open ones at hand and gives each to one request at a time.</summary>
internal sealed class UploadTable(StorePaths paths, TimeSpan expiry, StorageUsage usage) : IDisposable
{
    /// <summary>How long a request waits for one that the client already gave up; the server notices those within moments.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Open files of sessions unused for this long are closed; the session itself stays.</summary>
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Guid, Entry> _entries = new();

    internal Guid Create(RepositoryName repository)
    {
        var id = Guid.NewGuid();
        Directory.CreateDirectory(paths.Uploads(repository));
        _entries[id] = new Entry { Session = new UploadSession(repository, id, paths.Upload(repository, id), FileMode.CreateNew, usage) };
        return id;
    }

    /// <summary>Waits until no other request uses the session and lends it. Dispose the lease to give it back.</summary>
    /// <exception cref="RegistryErrorException">BLOB_UPLOAD_UNKNOWN, or BLOB_UPLOAD_INVALID when another request keeps using it.</exception>
    internal async Task<Lease> BorrowAsync(RepositoryName repository, string id, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(id, "N", out var guid) || !File.Exists(paths.Upload(repository, guid)))
        {
            throw new RegistryErrorException(RegistryErrorCode.BlobUploadUnknown);
        }

        var entry = await EnterAsync(guid, cancellationToken).ConfigureAwait(false);
        try
        {
            entry.Session ??= new UploadSession(repository, guid, paths.Upload(repository, guid), FileMode.Open, usage);
            return new Lease(this, entry);
        }
        catch (Exception exception)
        {
            entry.Gate.Release();
            throw exception is FileNotFoundException ? new RegistryErrorException(RegistryErrorCode.BlobUploadUnknown) : exception;
        }
    }

    /// <summary>Removes what nobody has touched for the configured time and closes idle files.</summary>
    internal void Expire(CancellationToken cancellationToken)
    {
        foreach (var (id, entry) in _entries)
        {
            CloseIfIdle(id, entry);
        }

        foreach (var directory in Repositories.WithEntry(paths, "_uploads"))
        {
            foreach (var file in new DirectoryInfo(directory).EnumerateFiles())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (DateTime.UtcNow - file.LastWriteTimeUtc > expiry)
                {
                    var size = file.Length;
                    file.Delete();
                    usage.Add(-size);
                }
            }
        }
    }

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Session?.Dispose();
        }
    }

    private async Task<Entry> EnterAsync(Guid id, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = _entries.GetOrAdd(id, _ => new Entry());
            if (!await entry.Gate.WaitAsync(s_patience, cancellationToken).ConfigureAwait(false))
            {
                throw new RegistryErrorException(RegistryErrorCode.BlobUploadBusy);
            }

            // An entry that left the table while we waited must not become a second writer.
            if (_entries.TryGetValue(id, out var current) && ReferenceEquals(current, entry))
            {
                return entry;
            }

            entry.Gate.Release();
        }
    }

    private void CloseIfIdle(Guid id, Entry entry)
    {
        if (!entry.Gate.Wait(0, CancellationToken.None))
        {
            return;
        }

        try
        {
            if (entry.Session is null || Environment.TickCount64 - entry.Session.LastUsed > s_idle.TotalMilliseconds)
            {
                entry.Session?.Dispose();
                entry.Session = null;
                _entries.TryRemove(id, out _);
            }
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    private sealed class Entry
    {
        internal SemaphoreSlim Gate { get; } = new(1);

        internal UploadSession? Session { get; set; }
    }

    /// <summary>The right to use one session.</summary>
    internal sealed class Lease : IDisposable
    {
        private readonly UploadTable _table;
        private readonly Entry _entry;

        internal Lease(UploadTable table, object entry)
        {
            _table = table;
            _entry = (Entry)entry;
        }

        internal UploadSession Session => _entry.Session ?? throw new InvalidOperationException("The upload was finished.");

        /// <summary>Ends the session; its file stays and is the caller's.</summary>
        internal string Finish()
        {
            var session = Session;
            var path = session.Detach();
            _entry.Session = null;
            _table._entries.TryRemove(session.Id, out _);
            return path;
        }

        public void Dispose()
        {
            if (_entry.Session is not null)
            {
                _entry.Session.LastUsed = Environment.TickCount64;
            }

            _entry.Gate.Release();
        }
    }
}
