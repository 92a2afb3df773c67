-- Slips: what somebody whom a record is about takes home. Only the SHA-256 of a slip's token is kept.
CREATE TABLE slips (
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    record     TEXT    NOT NULL REFERENCES records (id),
    entry      INTEGER NOT NULL REFERENCES entries (position) -- that it was given out with
) STRICT, WITHOUT ROWID;

-- The record that is carried on instead, where two report the same.
ALTER TABLE records ADD COLUMN merged_into TEXT REFERENCES records (id);
CREATE INDEX records_by_merged_into ON records (merged_into) WHERE merged_into IS NOT NULL;
