-- What schema 2 adds to a ledger of schema 1, written by hand from the format's description. It stays readable for ever.
CREATE TABLE stamp_batch (
    sha256 BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
);
ALTER TABLE stamp ADD COLUMN batch BLOB REFERENCES stamp_batch (sha256);

INSERT INTO simpul_schema (version) VALUES (2);
INSERT INTO stamp_batch VALUES (x'a3a89d00ec8004b95bc34ad0bd1cb808f22ffa5a37514d220007373f4150b642', x'0100000005746f6b656e000000043c722f3e');
UPDATE record SET stamp = 1 WHERE id = 2;
INSERT INTO stamp VALUES (2, x'01030101bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', x'a3a89d00ec8004b95bc34ad0bd1cb808f22ffa5a37514d220007373f4150b642');
