-- The message log. Written for SQLite; for PostgreSQL read INTEGER PRIMARY KEY as BIGINT PRIMARY KEY and BLOB as
-- BYTEA. Octets in `content` start with their format version (crate ledger, module stored).

CREATE TABLE record (
    -- The place in the log: 1, 2, 3, … without gaps.
    id INTEGER PRIMARY KEY,
    -- Milliseconds since 1970 by the node's clock.
    at BIGINT NOT NULL,
    -- 1 consumer, 2 provider.
    side SMALLINT NOT NULL,
    -- 1 request, 2 response.
    direction SMALLINT NOT NULL,
    -- The local party: the client on the consumer's side, the owner of the service on the provider's.
    local TEXT NOT NULL,
    message_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    -- The fault code of a message that was not let pass.
    refused TEXT,
    -- 0 waits for a timestamp, 1 has one, 2 cannot have one.
    stamp SMALLINT NOT NULL,
    -- Message, seal, note on the body, configurations.
    content BLOB NOT NULL
);

CREATE INDEX record_by_message ON record (message_id, local);
CREATE INDEX record_by_time ON record (at);
CREATE INDEX record_waiting ON record (id) WHERE stamp = 0;

-- The body of a record that has one and keeps it whole.
CREATE TABLE body (
    record INTEGER PRIMARY KEY REFERENCES record (id),
    content BLOB NOT NULL
);

-- The timestamp of a record, or why it cannot have one.
CREATE TABLE stamp (
    record INTEGER PRIMARY KEY REFERENCES record (id),
    content BLOB NOT NULL
);

-- A signed configuration directory, octet for octet; id is its SHA-256.
CREATE TABLE conf (
    id BLOB NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL,
    directory BLOB NOT NULL
);

-- A part of configurations, octet for octet.
CREATE TABLE part (
    sha256 BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
);

-- Which parts a configuration lists, in its order.
CREATE TABLE conf_part (
    conf BLOB NOT NULL REFERENCES conf (id),
    place SMALLINT NOT NULL,
    name TEXT NOT NULL,
    part BLOB NOT NULL REFERENCES part (sha256),
    PRIMARY KEY (conf, place)
);
