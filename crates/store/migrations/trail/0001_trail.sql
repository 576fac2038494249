-- The data trail. Written for SQLite; for PostgreSQL leave WITHOUT ROWID out, read INTEGER PRIMARY KEY as BIGINT
-- PRIMARY KEY and BLOB as BYTEA. Octets in `content` start with their format version (crate services, module
-- trail::stored). Moments are milliseconds since 1970.

-- Who, what for, under which clause, which fields: the same for many accesses, and kept once.
CREATE TABLE terms (
    id INTEGER PRIMARY KEY,
    -- Of `content`.
    sha256 BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL
);

-- One person's part of one access. The rows of a person stand together, in the order in which they come to be shown:
-- an answer is one range of the key.
CREATE TABLE entry (
    pseudonym BLOB NOT NULL,
    -- From when on the person sees it.
    shown BIGINT NOT NULL,
    id BLOB NOT NULL,
    -- Of the pseudonym.
    epoch BIGINT NOT NULL,
    at BIGINT NOT NULL,
    terms BIGINT NOT NULL REFERENCES terms (id),
    -- The proof: the place in the holder's message log, and the ids of the exchange.
    record BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    PRIMARY KEY (pseudonym, shown, id)
) WITHOUT ROWID;

-- How many accesses of a month (months since the year 0) were not shown at once, by the law that says so.
CREATE TABLE withheld (
    holder TEXT NOT NULL,
    month INTEGER NOT NULL,
    law TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (holder, month, law)
) WITHOUT ROWID;

-- Nonces of assertions that were used, until their time is over.
CREATE TABLE nonce (
    value TEXT NOT NULL PRIMARY KEY,
    issuer TEXT NOT NULL,
    until BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX nonce_by_issuer ON nonce (issuer);
CREATE INDEX nonce_by_end ON nonce (until);
