-- Whom a record is with once a step has handed it on, whom it was with before, and who takes part: what the fold of its
-- entries says, kept here so that each entry finds its mailboxes. Recipients as the wire writes them, separated by blanks.
ALTER TABLE records ADD COLUMN holder TEXT;
ALTER TABLE records ADD COLUMN handed_on TEXT NOT NULL DEFAULT '';
ALTER TABLE records ADD COLUMN partners TEXT NOT NULL DEFAULT '';
