-- Receipts are signed. The signature is r and s of ECDSA P-256, 32 bytes each. It is NULL only in entries that were
-- stored before the station had a key; `serve` signs those when it makes the key, in the transaction that writes the
-- public key into the setting `receipt_key`. From then on an entry without a signature is damaged.
ALTER TABLE entries ADD COLUMN signature BLOB CHECK (length(signature) = 64);
