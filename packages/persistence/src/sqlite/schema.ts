/**
 * The tables of a store's file, and the numbers that tell such a file from others. A change of the
 * tables raises {@link SCHEMA_VERSION}; how old files are brought up belongs beside it.
 */

/** In the file's header: "crft". */
export const APPLICATION_ID = 0x63726674;

/** In the file's `user_version`. */
export const SCHEMA_VERSION = 4;

/** What brings a file of an older version up by one, by that version. */
export const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `
    ALTER TABLE quarantine ADD COLUMN submissions TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE documents ADD COLUMN deleted_epochs TEXT NOT NULL DEFAULT '[]';
  `,
  2: `
    ALTER TABLE documents ADD COLUMN snapshot_bytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE documents ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
    UPDATE documents SET snapshot_bytes =
      ifnull((SELECT length(bytes) FROM snapshots WHERE doc = documents.id), 0);
    ${/* The same as in a new file. */ listingTables()}
  `,
  3: historyTable(),
};

function historyTable(): string {
  return `
    CREATE TABLE history (
      doc INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      at REAL NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE (doc, seq)
    ) STRICT;`;
}

function listingTables(): string {
  return `
    CREATE INDEX document_positions ON documents (position);
    CREATE TABLE listing (
      path TEXT NOT NULL PRIMARY KEY,
      epoch TEXT NOT NULL,
      head INTEGER NOT NULL,
      tag TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      changed_at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;`;
}

/**
 * Entries, snapshots and quarantined updates hold blobs of any size, so they are rowid tables; the
 * rest are small rows found by their key. `tags` keeps the tags of entries that went into a
 * snapshot. Times are REAL, since the contract does not promise whole milliseconds.
 */
export const SCHEMA: string = `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    term INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state (id, term) VALUES (1, 0);

  CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    epoch TEXT NOT NULL,
    head INTEGER NOT NULL,
    head_tag TEXT NOT NULL,
    base INTEGER NOT NULL,
    base_tag TEXT NOT NULL,
    former_epochs TEXT NOT NULL,
    deleted_epochs TEXT NOT NULL DEFAULT '[]',
    tombstone TEXT,
    log_bytes INTEGER NOT NULL,
    snapshot_bytes INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0,
    changed_at REAL NOT NULL,
    upstream TEXT
  ) STRICT;
  ${listingTables()}

  CREATE TABLE entries (
    doc INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    tag TEXT NOT NULL,
    writer TEXT NOT NULL,
    n INTEGER NOT NULL,
    author TEXT NOT NULL,
    at REAL NOT NULL,
    pending_n INTEGER,
    pending_tag TEXT,
    pending_basis TEXT,
    pending_plugin TEXT,
    bytes BLOB NOT NULL,
    UNIQUE (doc, seq)
  ) STRICT;
  CREATE INDEX pending_entries ON entries (doc, pending_n) WHERE pending_n IS NOT NULL;

  CREATE TABLE tags (
    doc INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (doc, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshots (
    doc INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    tag TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('v1', 'v2')),
    bytes BLOB NOT NULL
  ) STRICT;

  ${historyTable()}

  CREATE TABLE claims (
    doc INTEGER NOT NULL,
    client INTEGER NOT NULL,
    writer TEXT NOT NULL,
    clock INTEGER NOT NULL,
    PRIMARY KEY (doc, client)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE writers (
    doc INTEGER NOT NULL,
    writer TEXT NOT NULL,
    n INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (doc, writer)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bindings (
    writer TEXT NOT NULL PRIMARY KEY,
    principal TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE quarantine (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    author TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    basis TEXT,
    submissions TEXT NOT NULL DEFAULT '[]'
  ) STRICT;

  CREATE TABLE quarantined_updates (
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (id, position)
  ) STRICT;

  CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
