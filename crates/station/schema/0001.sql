-- The station's tables. Append-only: a change is a new file with the next number, never an edit of this one.
--
-- Identifiers are UUIDs in lower case, digests and hashes are 32 bytes, instants are RFC 3339 in UTC with milliseconds.

-- People who work with Xunji.
CREATE TABLE workers (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    village    TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- Enrolment codes. Only their hash is kept; used ones stay, so that a lost answer can be asked for again.
CREATE TABLE codes (
    hash         BLOB NOT NULL PRIMARY KEY,
    worker       TEXT NOT NULL REFERENCES workers (id),
    created_at   TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    used_at      TEXT,
    installation TEXT
) STRICT;

-- Enrolled browser profiles. Only the hash of their token is kept.
CREATE TABLE installations (
    id          TEXT NOT NULL PRIMARY KEY,
    worker      TEXT NOT NULL REFERENCES workers (id),
    token_hash  BLOB NOT NULL UNIQUE,
    enrolled_at TEXT NOT NULL
) STRICT;

-- What has been opened. Everything here follows from the opening entry, except the counter and the present village.
CREATE TABLE records (
    id           TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,
    kind_version INTEGER NOT NULL,
    confidential INTEGER NOT NULL,
    village      TEXT    NOT NULL,
    opener       TEXT    NOT NULL REFERENCES workers (id),
    revision     INTEGER NOT NULL
) STRICT;

-- Every stored entry, accepted or parked, in the order of arrival. Rows are never changed and never removed.
CREATE TABLE entries (
    position     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    installation TEXT    NOT NULL REFERENCES installations (id),
    seq          INTEGER NOT NULL CHECK (seq > 0),
    worker       TEXT    NOT NULL REFERENCES workers (id), -- whose token it came with
    author       TEXT    NOT NULL,                         -- whom it names; another one only when parked for it
    record       TEXT    NOT NULL,
    revision     INTEGER CHECK (revision > 0),
    kind         TEXT    NOT NULL,
    noted_at     TEXT    NOT NULL,
    received_at  TEXT    NOT NULL,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('accepted', 'parked')),
    reason       TEXT,
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    content      TEXT    NOT NULL, -- canonical JSON, with everything in it that this station doesn't know
    UNIQUE (installation, seq),
    UNIQUE (record, revision),
    CHECK ((outcome = 'accepted') = (revision IS NOT NULL)),
    CHECK ((outcome = 'parked') = (reason IS NOT NULL))
) STRICT;

-- An entry that came again under another installation and number (restored from a backup) fills this place too, so
-- that it doesn't look lost.
CREATE TABLE repeats (
    installation TEXT    NOT NULL REFERENCES installations (id),
    seq          INTEGER NOT NULL,
    entry        INTEGER NOT NULL REFERENCES entries (position),
    PRIMARY KEY (installation, seq)
) STRICT, WITHOUT ROWID;

-- What an entry has attached.
CREATE TABLE attachments (
    entry  INTEGER NOT NULL REFERENCES entries (position),
    place  INTEGER NOT NULL,
    digest BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (entry, place)
) STRICT, WITHOUT ROWID;

-- Attachments whose bytes are on disk and have been verified.
CREATE TABLE blobs (
    digest      BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    bytes       INTEGER NOT NULL,
    verified_at TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- One counter per mailbox: positions are 1, 2, 3 … without gaps.
CREATE TABLE mailboxes (
    id   TEXT    NOT NULL PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox_items (
    mailbox  TEXT    NOT NULL REFERENCES mailboxes (id),
    position INTEGER NOT NULL,
    entry    INTEGER NOT NULL REFERENCES entries (position),
    PRIMARY KEY (mailbox, position),
    UNIQUE (mailbox, entry)
) STRICT, WITHOUT ROWID;

-- An id or a sequence number that was used for two different contents: a copied phone, a fault or a forgery.
CREATE TABLE alarms (
    id           INTEGER PRIMARY KEY,
    raised_at    TEXT    NOT NULL,
    installation TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    entry        TEXT    NOT NULL,
    digest       BLOB    NOT NULL,
    held         BLOB    NOT NULL, -- the digest of the entry that is stored
    UNIQUE (installation, seq, entry, digest)
) STRICT;

-- What `serve` leaves for the other commands, such as the address that people reach it under.
CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
