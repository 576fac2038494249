-- What the seals of one signer have in common (crate ledger, module pack). A record whose content is of version 2 refers
-- to one; a dictionary is never changed, and goes no earlier than the last record that refers to it.

CREATE TABLE dictionary (
    -- Of `content`.
    sha256 BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
);
