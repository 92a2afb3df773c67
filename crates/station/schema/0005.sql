-- People have roles and areas, sit at desks, may be suspended; phones may be revoked; records may be handed over.

ALTER TABLE workers ADD COLUMN code TEXT;         -- the county's own number of the person, if it has one
ALTER TABLE workers ADD COLUMN suspended_at TEXT; -- as long as it is set, none of the person's phones is let in
CREATE UNIQUE INDEX workers_by_code ON workers (code);

-- In the order of their weight: the first one is `workers.role`, or passes for it.
CREATE TABLE worker_roles (
    worker TEXT    NOT NULL REFERENCES workers (id),
    place  INTEGER NOT NULL,
    role   TEXT    NOT NULL,
    PRIMARY KEY (worker, place),
    UNIQUE (worker, role)
) STRICT, WITHOUT ROWID;
INSERT INTO worker_roles SELECT id, 0, role FROM workers;

-- What a person may be given work from: counties (6 digits), townships (9), villages (12), grids (15).
CREATE TABLE worker_areas (
    worker TEXT NOT NULL REFERENCES workers (id),
    area   TEXT NOT NULL,
    PRIMARY KEY (worker, area)
) STRICT, WITHOUT ROWID;
INSERT INTO worker_areas
SELECT id, CASE role WHEN 'coordinator' THEN substr(village, 1, 9) WHEN 'justice_officer' THEN substr(village, 1, 6)
                     ELSE village END FROM workers;

-- A revoked phone is let in again only after it was enrolled with a new code.
ALTER TABLE installations ADD COLUMN revoked_at TEXT;

-- The places that answer. Each has the mailbox `desk:<id>`.
CREATE TABLE desks (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    area       TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX desks_by_area ON desks (area);
INSERT INTO desks
SELECT DISTINCT 'township_centre:' || substr(village, 1, 9), 'township_centre', '综治中心 ' || substr(village, 1, 9),
       substr(village, 1, 9), strftime('%Y-%m-%dT%H:%M:%fZ') FROM (SELECT village FROM workers UNION SELECT village FROM records);
INSERT INTO desks
SELECT DISTINCT 'justice_office:' || substr(village, 1, 6), 'justice_office', '司法局 ' || substr(village, 1, 6),
       substr(village, 1, 6), strftime('%Y-%m-%dT%H:%M:%fZ') FROM (SELECT village FROM workers UNION SELECT village FROM records);

-- Who sits at a desk and reads its mailbox.
CREATE TABLE seats (
    desk   TEXT NOT NULL REFERENCES desks (id),
    worker TEXT NOT NULL REFERENCES workers (id),
    since  TEXT NOT NULL,
    PRIMARY KEY (desk, worker)
) STRICT, WITHOUT ROWID;
CREATE INDEX seats_by_worker ON seats (worker);
INSERT INTO seats
SELECT 'township_centre:' || substr(village, 1, 9), id, created_at FROM workers WHERE role = 'coordinator'
UNION ALL
SELECT 'justice_office:' || substr(village, 1, 6), id, created_at FROM workers WHERE role = 'justice_officer';

-- The desks' mailboxes of earlier versions were named by who sat there.
INSERT INTO mailboxes SELECT 'desk:township_centre:' || substr(id, 18), head FROM mailboxes WHERE id LIKE 'desk:coordinator:%';
UPDATE mailbox_items SET mailbox = 'desk:township_centre:' || substr(mailbox, 18) WHERE mailbox LIKE 'desk:coordinator:%';
DELETE FROM mailboxes WHERE id LIKE 'desk:coordinator:%';
INSERT INTO mailboxes SELECT 'desk:' || (SELECT min(id) FROM desks WHERE kind = 'justice_office'), head
FROM mailboxes WHERE id = 'desk:justice';
UPDATE mailbox_items SET mailbox = 'desk:' || (SELECT min(id) FROM desks WHERE kind = 'justice_office')
WHERE mailbox = 'desk:justice';
DELETE FROM mailboxes WHERE id = 'desk:justice';

-- Who carries a record on: its opener, or whoever it was handed over to.
ALTER TABLE records ADD COLUMN keeper TEXT REFERENCES workers (id);
UPDATE records SET keeper = opener;
CREATE INDEX records_by_keeper ON records (keeper);

-- The kind of desk that the record belongs to, by the definition that it was opened by. Nobody's, when it is NULL.
ALTER TABLE records ADD COLUMN home TEXT;
UPDATE records SET home = CASE WHEN kind = 'complaint' THEN 'county_centre' WHEN confidential THEN 'justice_office'
                               ELSE 'township_centre' END;

-- Who did what about people, phones and desks, and who read what. Each row's hash covers the one before it, so that no
-- row can be changed or taken out unnoticed; the setting `audit_head` names the last one.
CREATE TABLE audit (
    place INTEGER NOT NULL PRIMARY KEY CHECK (place > 0),
    at    TEXT    NOT NULL,
    what  TEXT    NOT NULL, -- canonical JSON
    hash  BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
