-- Schema 6: what contacts let us know they allow us (POL-4).

CREATE TABLE terms (
    device  BLOB PRIMARY KEY CHECK (length(device) = 32),  -- who signed them
    bytes   BLOB NOT NULL            -- the newest signed terms, also when over
) STRICT;
