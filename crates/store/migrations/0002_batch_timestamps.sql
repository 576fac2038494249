-- Timestamps over many records (crate ledger, module stored).

-- What the records of a batch have in common: the token and what it covers. sha256 is that of the content.
CREATE TABLE stamp_batch (
    sha256 BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
);

-- The batch of a stamp; NULL for a stamp of no batch.
ALTER TABLE stamp ADD COLUMN batch BLOB REFERENCES stamp_batch (sha256);
