-- Schema 10: of a session that runs, what its end record is made of, so that
-- both can sign that also after a crash (UI-4).

ALTER TABLE session ADD COLUMN course BLOB;   -- canonical CBOR, until it is over
