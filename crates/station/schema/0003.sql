-- Whoever may see an entry may read its attachments: they are looked up by their digest now.
CREATE INDEX attachments_by_digest ON attachments (digest);
