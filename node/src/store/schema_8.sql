-- Schema 8: remembered limits (GUARD-8).

CREATE TABLE remembered_limit (
    number  INTEGER PRIMARY KEY,     -- by which a person names it
    fits    BLOB NOT NULL UNIQUE,    -- for whom and with what: canonical CBOR
    bars    BLOB NOT NULL,           -- what is barred: canonical CBOR
    changed INTEGER NOT NULL         -- milliseconds
) STRICT;
