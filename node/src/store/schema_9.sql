-- Schema 9: accounts for hosted sessions (HOST-4).

CREATE TABLE sharing_account (
    server   TEXT PRIMARY KEY,     -- address and port
    password BLOB NOT NULL
) STRICT;
