-- Schema 5: standing consents (ASK-3).

CREATE TABLE consent (
    id      BLOB PRIMARY KEY CHECK (length(id) = 32),  -- digest of the record
    bytes   BLOB NOT NULL,           -- the signed consent
    expires INTEGER NOT NULL,        -- milliseconds; forgotten after this
    ended   BLOB                     -- the signed end, if it was taken back
) STRICT;
