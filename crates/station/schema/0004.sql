-- Recovery codes: the office's word that a person who has forgotten the PIN of a phone gets its data key back. Only the
-- hash is kept. Rows are never changed but once, when the code is used, and never removed: they say who released what,
-- and when.
CREATE TABLE recoveries (
    hash         BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    installation TEXT NOT NULL REFERENCES installations (id),
    released_by  TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    used_at      TEXT
) STRICT;
