-- Which of the processes that share this database works for all of them: see package
-- lease. A row is never deleted and its epoch never falls, so that a transaction of a
-- term that is over can be told by its number. Times are by the database's clock.

CREATE TABLE lease (
    name              TEXT PRIMARY KEY,
    epoch             BIGINT NOT NULL CHECK (epoch > 0),
    holder            TEXT NOT NULL,
    nonce             TEXT NOT NULL,
    beat              BIGINT NOT NULL,
    pid               BIGINT NOT NULL,
    hostname          TEXT NOT NULL,
    version           TEXT NOT NULL,
    boot_id           TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    heartbeat_at      BIGINT NOT NULL,
    heartbeat_timeout BIGINT NOT NULL CHECK (heartbeat_timeout BETWEEN 100 AND 3600000) -- in milliseconds
);

-- Also REPLACE, which would delete without telling lease_keep.
CREATE TRIGGER lease_once BEFORE INSERT ON lease WHEN EXISTS (SELECT 1 FROM lease WHERE name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'a lease has one row');
END;

CREATE TRIGGER lease_keep BEFORE DELETE ON lease
BEGIN
    SELECT RAISE(ABORT, 'a lease is never deleted');
END;

CREATE TRIGGER lease_rise BEFORE UPDATE ON lease
WHEN NEW.name <> OLD.name OR NEW.epoch < OLD.epoch
  OR (NEW.holder <> OLD.holder AND NEW.holder <> '' AND NEW.epoch <= OLD.epoch)
BEGIN
    SELECT RAISE(ABORT, 'the epoch of a lease rises with each holder');
END;

-- Each change of a holder and why; bounded to the newest.
CREATE TABLE lease_event (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       BIGINT NOT NULL,
    name     TEXT NOT NULL,
    epoch    BIGINT NOT NULL,
    holder   TEXT NOT NULL,
    pid      BIGINT NOT NULL,
    hostname TEXT NOT NULL,
    version  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    detail   TEXT NOT NULL
);

CREATE INDEX lease_event_name ON lease_event (name, seq);

INSERT INTO lease (name, epoch, holder, nonce, beat, pid, hostname, version, boot_id, created_at, heartbeat_at, heartbeat_timeout)
VALUES ('scheduler', 1, '', '', 0, 0, '', '', '', 0, 0, 60000);

-- For people who look for it under this name.
CREATE VIEW scheduler_lock AS
SELECT 1 AS id, pid, hostname, version, boot_id, created_at, heartbeat_at, heartbeat_timeout, beat, epoch, holder
FROM lease WHERE name = 'scheduler' LIMIT 1;
