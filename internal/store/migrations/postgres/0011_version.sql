-- What fail2ban's configuration was after each change: files holds, as JSON, the sum of
-- the content of each by its name, changed the names that differ from the version before.
-- A content goes when no version from last_id on is left.

CREATE TABLE config_version (
    id          BIGINT PRIMARY KEY,
    host_id     TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    change_id   TEXT COLLATE "C" NOT NULL,
    until       BIGINT,
    etag_before TEXT COLLATE "C" NOT NULL,
    etag_after  TEXT COLLATE "C" NOT NULL,
    changed     TEXT COLLATE "C" NOT NULL,
    files       TEXT COLLATE "C" NOT NULL
);

CREATE INDEX config_version_host ON config_version (host_id, id);

CREATE TABLE config_content (
    sum     TEXT COLLATE "C" PRIMARY KEY,
    content BYTEA NOT NULL,
    bytes   BIGINT NOT NULL,
    last_id BIGINT NOT NULL
);

CREATE INDEX config_content_last ON config_content (last_id);

-- A change that was begun and whose end nobody has noted yet: at most one for a host.

CREATE TABLE config_begun (
    host_id TEXT COLLATE "C" PRIMARY KEY,
    version TEXT COLLATE "C" NOT NULL
);
