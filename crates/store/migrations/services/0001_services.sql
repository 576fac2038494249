-- Applications for public services. Written for SQLite; for PostgreSQL leave WITHOUT ROWID out, read INTEGER PRIMARY
-- KEY as BIGSERIAL PRIMARY KEY and BLOB as BYTEA. Octets in `content` start with their format version (crate services,
-- module application::stored). Moments are milliseconds since 1970. A person is the state that gave the identifier,
-- its length before it, and the identifier.

-- An application as it stands in lists. What it is, its events say.
CREATE TABLE application (
    reference TEXT NOT NULL PRIMARY KEY,
    service TEXT NOT NULL,
    version BIGINT NOT NULL,
    citizen TEXT NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    started BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    -- How many events it has: what an appending expects.
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    waits BOOLEAN NOT NULL,
    -- In whose queue it is, until when; null when in none.
    office TEXT,
    stage TEXT,
    deadline BIGINT,
    taken TEXT,
    -- When the system looks at it again.
    wakes BIGINT
) WITHOUT ROWID;

CREATE INDEX application_of_citizen ON application (citizen, started, reference);
CREATE INDEX application_of_person ON application (person, started, reference) WHERE person <> citizen;
CREATE INDEX application_queue ON application (office, deadline, reference) WHERE office IS NOT NULL;
CREATE INDEX application_counts ON application (office, waits, deadline) WHERE office IS NOT NULL;
CREATE INDEX application_waking ON application (wakes, reference) WHERE wakes IS NOT NULL;

CREATE TABLE event (
    reference TEXT NOT NULL REFERENCES application (reference),
    seq BIGINT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (reference, seq)
) WITHOUT ROWID;

-- Requests that were done, by the person who made them.
CREATE TABLE request (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    reference TEXT NOT NULL REFERENCES application (reference),
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

-- Who searched for whom, for which purpose.
CREATE TABLE search (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    at BIGINT NOT NULL,
    officer TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    office TEXT NOT NULL,
    purpose TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE INDEX search_of_person ON search (person, at, id);
