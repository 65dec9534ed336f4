-- Schema 1. Records are kept as the bytes that were signed; columns beside
-- them only repeat what queries need. Times are milliseconds since 1970.

-- Small things of which there is one: own keys, own log, settings.
CREATE TABLE own (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Persons I know of, and how far the contact is.
CREATE TABLE person (
    id        BLOB PRIMARY KEY CHECK (length(id) = 32),
    state     INTEGER NOT NULL,      -- 0 waiting, 1 asks, 2 contact, 3 declined
    name      TEXT NOT NULL,         -- what they call themselves
    petname   TEXT,                  -- what I call them
    verified  INTEGER NOT NULL DEFAULT 0,
    log       BLOB,                  -- their person log, newest state
    pair      BLOB,                  -- our pair secret
    room      BLOB,                  -- our room of two
    added     INTEGER NOT NULL
) STRICT;

-- Their devices (and other devices of mine), with the newest certificate.
CREATE TABLE device (
    id        BLOB PRIMARY KEY CHECK (length(id) = 32),
    person    BLOB NOT NULL,
    cert      BLOB NOT NULL,
    seen      INTEGER NOT NULL DEFAULT 0,
    addresses TEXT NOT NULL DEFAULT ''  -- one a line, newest first
) STRICT;
CREATE INDEX device_person ON device (person);

-- Invites of mine (direction 0) and answers of mine to others' (1).
CREATE TABLE invite (
    id        BLOB PRIMARY KEY,
    direction INTEGER NOT NULL,
    ticket    BLOB NOT NULL,
    secret    BLOB NOT NULL,
    state     BLOB NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;

CREATE TABLE room (
    id        BLOB PRIMARY KEY CHECK (length(id) = 32),
    me        INTEGER NOT NULL,      -- 0 member, 1 invited, 2 left, 3 removed, 4 declined
    read_to   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Signed headers, kept for ever; bodies apart, so that they can be erased.
CREATE TABLE entry (
    digest    BLOB PRIMARY KEY CHECK (length(digest) = 32),
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    clock     INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    UNIQUE (room, device, seq)
) STRICT;
CREATE INDEX entry_order ON entry (room, clock, device);

CREATE TABLE body (
    digest    BLOB PRIMARY KEY REFERENCES entry (digest),
    bytes     BLOB NOT NULL
) STRICT;

-- What other devices have told us that they hold: up to which seq.
CREATE TABLE held (
    room      BLOB NOT NULL,
    by        BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (room, by, device)
) STRICT, WITHOUT ROWID;

-- Two entries of one device with one number: proof that it lied.
CREATE TABLE evidence (
    digest    BLOB PRIMARY KEY,
    room      BLOB NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;

-- Search (MSG-5): three-letter pieces, so that it works without word breaks.
CREATE VIRTUAL TABLE text_index USING fts5 (text, tokenize = 'trigram');
CREATE TABLE text_entry (
    rowid     INTEGER PRIMARY KEY,
    digest    BLOB NOT NULL UNIQUE
) STRICT;

-- Session ids that were used: none is used twice, whatever happens.
CREATE TABLE session (
    id        BLOB PRIMARY KEY,
    until     INTEGER NOT NULL
) STRICT;
