-- Schema 2: the audit log, organisations, what devices can do.

-- The audit log of this device (UI-4): the bytes that the chain is made of.
-- It is only added to; two triggers keep a fault of ours from changing it.
-- Deliberate changes are what the chain and its head are for.
CREATE TABLE audit (
    place     INTEGER PRIMARY KEY,   -- how many entries stand before it
    session   BLOB,                  -- of the share that it is about
    bytes     BLOB NOT NULL
) STRICT;
CREATE INDEX audit_session ON audit (session, place);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
    BEGIN SELECT RAISE (ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
    BEGIN SELECT RAISE (ABORT, 'the audit log is only added to'); END;

-- What both sides signed at the end of a share.
CREATE TABLE end_record (
    digest    BLOB PRIMARY KEY CHECK (length(digest) = 32),
    session   BLOB NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;

-- The policy chain of each organisation that I belong to, as it was last
-- seen: the highest number seen must survive everything (rule R2).
CREATE TABLE policy (
    org       BLOB PRIMARY KEY CHECK (length(org) = 32),
    joined    INTEGER NOT NULL,      -- 0: left; it binds no longer
    state     BLOB NOT NULL
) STRICT;

-- Updates of a policy that were refused, newest last: evidence.
CREATE TABLE policy_refused (
    id        INTEGER PRIMARY KEY,
    org       BLOB NOT NULL,
    at        INTEGER NOT NULL,
    from_device BLOB,                -- NULL: it came as a file
    code      TEXT NOT NULL,
    bytes     BLOB NOT NULL
) STRICT;

-- Policy documents that are being written, and keys of administrators and
-- recovery: by the organisation's name in this profile.
CREATE TABLE org_draft (
    name      TEXT PRIMARY KEY,
    bytes     BLOB NOT NULL
) STRICT;
CREATE TABLE org_key (
    public    BLOB PRIMARY KEY CHECK (length(public) = 32),
    label     TEXT NOT NULL,
    seed      BLOB NOT NULL,
    added     INTEGER NOT NULL
) STRICT;

-- The newest capability record of each device that was met (CAP-1), signed.
CREATE TABLE capability (
    device    BLOB PRIMARY KEY CHECK (length(device) = 32),
    bytes     BLOB NOT NULL,
    expires   INTEGER NOT NULL
) STRICT;
