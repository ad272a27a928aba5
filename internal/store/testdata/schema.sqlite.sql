CREATE TABLE ban (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id     TEXT NOT NULL REFERENCES host (id),
    jail        TEXT NOT NULL,
    identifier  TEXT NOT NULL,
    ip          BLOB,
    prefix_len  INTEGER,
    banned_at   BIGINT NOT NULL,
    ban_seconds BIGINT NOT NULL,
    expires_at  BIGINT,
    ended_at    BIGINT,
    end_reason  TEXT,
    ban_count   INTEGER NOT NULL DEFAULT 0,
    failures    INTEGER NOT NULL DEFAULT 0,
    origin      TEXT NOT NULL,
    actor       TEXT,
    reason      TEXT
, seen_at BIGINT NOT NULL DEFAULT 0);

CREATE INDEX ban_active ON ban (banned_at, id, host_id, identifier) WHERE ended_at IS NULL;

CREATE INDEX ban_active_jail ON ban (jail, banned_at, id, host_id, identifier) WHERE ended_at IS NULL;

CREATE INDEX ban_ip ON ban (ip, banned_at, id) WHERE ip IS NOT NULL;

CREATE UNIQUE INDEX ban_open ON ban (identifier, jail, host_id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX ban_source ON ban (identifier, jail, host_id, banned_at);

CREATE INDEX ban_time ON ban (banned_at, id);

CREATE TABLE event (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id TEXT NOT NULL REFERENCES host (id),
    kind    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    data    TEXT NOT NULL
, source_key BLOB);

CREATE UNIQUE INDEX event_source ON event (source_key);

CREATE TABLE host (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE intent (
    host_id    TEXT NOT NULL,
    jail       TEXT NOT NULL,
    identifier TEXT NOT NULL,
    kind       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    asked_at   BIGINT NOT NULL,
    PRIMARY KEY (host_id, jail, identifier, kind)
);

CREATE INDEX intent_time ON intent (asked_at);

CREATE TABLE mark (
    host_id TEXT NOT NULL REFERENCES host (id),
    source  TEXT NOT NULL,
    value   TEXT NOT NULL, updated_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (host_id, source)
);

CREATE TABLE migration (
			number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);
