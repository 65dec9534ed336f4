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
    state     INTEGER NOT NULL,      -- 0 waiting, 1 asks, 2 contact, 3 declined, 4 fellow
    name      TEXT NOT NULL,         -- what they call themselves
    petname   TEXT,                  -- what I call them
    verified  INTEGER NOT NULL,
    pair      BLOB,                  -- our pair secret
    room      BLOB,                  -- our room of two
    added     INTEGER NOT NULL
) STRICT;

-- Entries of persons' logs, my own included: the bytes that were signed.
CREATE TABLE person_log (
    person    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (person, seq)
) STRICT, WITHOUT ROWID;

-- Devices of others (and further ones of mine).
CREATE TABLE device (
    id        BLOB PRIMARY KEY CHECK (length(id) = 32),
    person    BLOB NOT NULL,
    addresses TEXT NOT NULL          -- one a line, newest first
) STRICT;
CREATE INDEX device_person ON device (person);

-- Invites of mine (side 0), and answers of mine to others' (side 1).
CREATE TABLE invite (
    id        BLOB PRIMARY KEY CHECK (length(id) = 32),
    side      INTEGER NOT NULL,
    public    BLOB NOT NULL,
    secret    BLOB NOT NULL
) STRICT;

-- Rooms, by the entry that opened each.
CREATE TABLE room (
    id        BLOB PRIMARY KEY CHECK (length(id) = 32),
    opening   BLOB NOT NULL,         -- header
    body      BLOB NOT NULL
) STRICT;

-- Signed headers, kept for ever; bodies, which may be erased (MSG-7).
CREATE TABLE entry (
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    id        BLOB NOT NULL,
    kind      INTEGER NOT NULL,
    state     INTEGER NOT NULL,      -- of the body: 0 here, 1 missing, 2 erased; 3 out of the log by a fork
    header    BLOB NOT NULL,
    body      BLOB,
    PRIMARY KEY (room, device, seq)
) STRICT, WITHOUT ROWID;

-- Invitations whose author's log hasn't come.
CREATE TABLE alone (
    room      BLOB NOT NULL,
    id        BLOB NOT NULL,
    header    BLOB NOT NULL,
    body      BLOB,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

-- Proof that a device wrote two entries with one number.
CREATE TABLE fork (
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    first     BLOB NOT NULL,         -- ids
    second    BLOB NOT NULL,
    first_header BLOB,
    first_body   BLOB,
    second_header BLOB NOT NULL,
    second_body   BLOB,
    PRIMARY KEY (room, device)
) STRICT, WITHOUT ROWID;

-- The newest receipt of each device, and what devices have of our own log.
CREATE TABLE receipt (
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    bytes     BLOB NOT NULL,
    PRIMARY KEY (room, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE ack (
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    person    BLOB NOT NULL,
    len       INTEGER NOT NULL,
    PRIMARY KEY (room, device)
) STRICT, WITHOUT ROWID;

-- What follows is derived from bodies, goes with them, and can be rebuilt.
-- Edits and reactions, by the message that they are about.
CREATE TABLE about (
    room      BLOB NOT NULL,
    target    BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (room, target, device, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX about_entry ON about (room, device, seq);

-- Search (MSG-5): three-letter pieces, so that it works without word breaks.
-- The content is kept here too, so that a row can be taken out whole.
CREATE VIRTUAL TABLE text_index USING fts5 (text, tokenize = 'trigram');
CREATE TABLE text_entry (
    rowid     INTEGER PRIMARY KEY,
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    UNIQUE (room, device, seq)
) STRICT;

-- Session ids that were used: none is used twice, whatever happens.
CREATE TABLE session (
    id        BLOB PRIMARY KEY,
    until     INTEGER NOT NULL
) STRICT;

-- Files of rooms (MSG-2), by their hash. Their content lies beside the
-- database, sealed with the key that is here and nowhere else.
CREATE TABLE file (
    room      BLOB NOT NULL,
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    blob      BLOB NOT NULL,         -- the name of the blob's file
    key       BLOB NOT NULL,
    list      BLOB,                  -- values of the chunks, once they are known
    state     INTEGER NOT NULL,      -- 0 on its way, 1 here
    wanted    TEXT NOT NULL,         -- where to write it when it is here, one a line
    PRIMARY KEY (room, hash)
) STRICT;

-- Which entries offer which file. Derived; the last one that goes takes the
-- file with it.
CREATE TABLE file_offer (
    room      BLOB NOT NULL,
    device    BLOB NOT NULL,
    seq       INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    PRIMARY KEY (room, device, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_offer_hash ON file_offer (room, hash);
