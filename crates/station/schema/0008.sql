-- A revoked phone, or a suspended person's, may still hold what was noted before that. The office releases it: with a
-- code for that installation alone it may send, until the code expires, and do nothing else.
ALTER TABLE codes ADD COLUMN releases TEXT REFERENCES installations (id);
ALTER TABLE installations ADD COLUMN sends_until TEXT;
