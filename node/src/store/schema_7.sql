-- Schema 7: standing consents that don't count until the person says so.

ALTER TABLE consent ADD COLUMN held TEXT;  -- why: a code
