-- A ledger of schema 1, written by hand from the format's description. It stays readable for ever.
CREATE TABLE simpul_schema (version BIGINT NOT NULL PRIMARY KEY);
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

INSERT INTO simpul_schema (version) VALUES (1);
INSERT INTO conf VALUES (x'333178788eae3e0b14c9b07bbbb6232bfa4689c7f134eeaa9daae60aba96de53', 'ID', x'6469726563746f7279');
INSERT INTO part VALUES (x'46d3b6d98ab1b896179a6a78dbd19a98c3d64613ddbd85ef1768ffeade1d537d', x'3c7368617265642f3e');
INSERT INTO conf_part VALUES (x'333178788eae3e0b14c9b07bbbb6232bfa4689c7f134eeaa9daae60aba96de53', 0, 'shared-params.xml', x'46d3b6d98ab1b896179a6a78dbd19a98c3d64613ddbd85ef1768ffeade1d537d');
INSERT INTO record VALUES (1, 1700000000001, 1, 1, 'ID/GOV/3201/manpower', 'ID-1', 'r-1', 'ID/GOV/3201/manpower', 'MY/GOV/1001/civil-registry:persons', NULL, 1, x'010000002d4745540d0a2f72312f4d592f474f562f313030312f636976696c2d72656769737472792f706572736f6e730d0a000000053c73312f3e01000000043c722f3e01000000043c632f3e0101333178788eae3e0b14c9b07bbbb6232bfa4689c7f134eeaa9daae60aba96de53');
INSERT INTO body VALUES (1, x'01626f6479');
INSERT INTO stamp VALUES (1, x'0101746f6b656e');
INSERT INTO record VALUES (2, 1700000000002, 2, 2, 'MY/GOV/10%2F01', 'ID-1', 'r-1', 'ID/GOV/3201', 'MY/GOV/10%2F01:a%3Ab:v1', 'server.serverproxy.access_denied', 0, x'01000000093230300d0a4f4b0d0a000000053c73322f3e000002000000000000000b5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a00');
