-- Schema 4: what people show of themselves.

-- Their signed profile, to be judged and passed on (spec 02, "Profile").
ALTER TABLE person ADD COLUMN profile BLOB;
