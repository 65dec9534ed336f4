-- Schema 3: sessions. A session id is used once, also over a crash (SEAL-1).

-- Sessions that were claimed: no secret, only that they were. It replaces a
-- table that nothing ever wrote to.
DROP TABLE session;
CREATE TABLE session (
    id        BLOB PRIMARY KEY CHECK (length(id) = 16),
    until     INTEGER NOT NULL,      -- may be forgotten after this, if over
    side      INTEGER NOT NULL,      -- 1: our screen; 2: theirs
    person    BLOB NOT NULL CHECK (length(person) = 32),
    device    BLOB NOT NULL CHECK (length(device) = 32),
    over      INTEGER NOT NULL       -- 0: claimed and not over
) STRICT;
