CREATE TABLE account (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL UNIQUE,
    role                TEXT NOT NULL,
    password            TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    last_sign_in_at     BIGINT,
    disabled_at         BIGINT
);

CREATE TABLE address (
    identifier TEXT PRIMARY KEY,
    first_at   BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    bans       BIGINT NOT NULL,
    jails      TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE archive_gap (
    id       INTEGER PRIMARY KEY,
    host_id  TEXT NOT NULL REFERENCES host (id),
    from_at  BIGINT NOT NULL,
    to_at    BIGINT NOT NULL,
    why      TEXT NOT NULL,
    found_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX archive_gap_from ON archive_gap (host_id, from_at);

CREATE TABLE archive_kept (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    since BIGINT NOT NULL
);

CREATE TABLE attempt (
    place    TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  BIGINT NOT NULL,
    free_at  BIGINT NOT NULL
);

CREATE INDEX attempt_last ON attempt (last_at);

CREATE TRIGGER audit_delete BEFORE DELETE ON audit
WHEN OLD.id > (SELECT anchor_id FROM audit_chain)
BEGIN
    SELECT RAISE(ABORT, 'only the clean-up removes entries of the audit');
END;

CREATE TRIGGER audit_insert BEFORE INSERT ON audit
WHEN NEW.id <> (SELECT head_id FROM audit_chain) OR EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows at its end');
END;

CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit never change');
END;

CREATE TABLE audit (
    id           BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor        TEXT NOT NULL,
    address      TEXT NOT NULL,
    action       TEXT NOT NULL,
    target       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    code         TEXT NOT NULL,
    detail       TEXT NOT NULL,
    value_before TEXT NOT NULL,
    value_after  TEXT NOT NULL,
    times        BIGINT NOT NULL,
    began_id     BIGINT,
    request_id   TEXT NOT NULL,
    hash         BLOB NOT NULL
);

CREATE INDEX audit_action ON audit (action, id);

CREATE INDEX audit_actor ON audit (actor, id);

CREATE INDEX audit_at ON audit (at);

CREATE INDEX audit_began ON audit (began_id) WHERE began_id IS NOT NULL;

CREATE TRIGGER audit_chain_delete BEFORE DELETE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

CREATE TRIGGER audit_chain_update BEFORE UPDATE ON audit_chain
WHEN NEW.anchor_id < OLD.anchor_id OR NEW.head_id < OLD.head_id
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

CREATE TABLE audit_chain (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    anchor_id   BIGINT NOT NULL,
    anchor_hash BLOB NOT NULL,
    head_id     BIGINT NOT NULL,
    head_hash   BLOB NOT NULL,
    CHECK (anchor_id <= head_id)
);

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
, seen_at BIGINT NOT NULL DEFAULT 0, lift_at BIGINT, ordered_epoch BIGINT, country TEXT NOT NULL DEFAULT '', asn BIGINT NOT NULL DEFAULT 0, network TEXT NOT NULL DEFAULT '');

CREATE INDEX ban_active ON ban (banned_at, id, host_id, identifier) WHERE ended_at IS NULL;

CREATE INDEX ban_active_jail ON ban (jail, banned_at, id, host_id, identifier) WHERE ended_at IS NULL;

CREATE INDEX ban_asn ON ban (asn, banned_at);

CREATE INDEX ban_block ON ban (substr(ip, 1, 2 + length(ip) / 8), banned_at, id, ip, prefix_len);

CREATE INDEX ban_country ON ban (country, banned_at);

CREATE INDEX ban_cut_short ON ban (lift_at, id) WHERE lift_at IS NOT NULL AND end_reason = 'expired';

CREATE INDEX ban_ended ON ban (banned_at) WHERE ended_at IS NOT NULL;

CREATE INDEX ban_ip ON ban (ip, banned_at, prefix_len) WHERE ip IS NOT NULL;

CREATE INDEX ban_jail ON ban (jail, banned_at);

CREATE UNIQUE INDEX ban_open ON ban (identifier, jail, host_id) WHERE ended_at IS NULL;

CREATE INDEX ban_origin ON ban (origin, banned_at) WHERE origin <> 'fail2ban';

CREATE INDEX ban_overdue ON ban (lift_at, id) WHERE lift_at IS NOT NULL AND ended_at IS NULL;

CREATE UNIQUE INDEX ban_source ON ban (identifier, jail, host_id, banned_at);

CREATE INDEX ban_time ON ban (banned_at);

CREATE TABLE ban_lines (
    ban_id    INTEGER PRIMARY KEY,
    banned_at BIGINT NOT NULL,
    data      BLOB NOT NULL
);

CREATE TABLE config_begun (
    host_id TEXT PRIMARY KEY,
    version TEXT NOT NULL
);

CREATE TABLE config_content (
    sum     TEXT PRIMARY KEY,
    content BLOB NOT NULL,
    bytes   BIGINT NOT NULL,
    last_id BIGINT NOT NULL
);

CREATE INDEX config_content_last ON config_content (last_id);

CREATE TABLE config_version (
    id          BIGINT PRIMARY KEY,
    host_id     TEXT NOT NULL,
    at          BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    actor       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    change_id   TEXT NOT NULL,
    until       BIGINT,
    etag_before TEXT NOT NULL,
    etag_after  TEXT NOT NULL,
    changed     TEXT NOT NULL,
    files       TEXT NOT NULL
);

CREATE INDEX config_version_host ON config_version (host_id, id);

CREATE TABLE event (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id TEXT NOT NULL REFERENCES host (id),
    kind    TEXT NOT NULL,
    at      BIGINT NOT NULL,
    data    TEXT NOT NULL
, source_key BLOB);

CREATE UNIQUE INDEX event_source ON event (source_key);

CREATE TABLE familiar (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    source     TEXT NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (account_id, source)
);

CREATE INDEX familiar_used ON familiar (used_at);

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
    asked_at   BIGINT NOT NULL, lift_at BIGINT,
    PRIMARY KEY (host_id, jail, identifier, kind)
);

CREATE INDEX intent_time ON intent (asked_at);

CREATE TABLE job (
    name     TEXT PRIMARY KEY,
    next_at  BIGINT,
    paused   BIGINT NOT NULL DEFAULT 0,
    asked_at BIGINT,
    asked_by TEXT NOT NULL DEFAULT ''
);

CREATE TABLE job_run (
    id         INTEGER PRIMARY KEY,
    job        TEXT NOT NULL,
    slot       BIGINT NOT NULL,
    cause      TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    missed     BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    outcome    TEXT NOT NULL,
    did        TEXT NOT NULL,
    error      TEXT NOT NULL
);

CREATE INDEX job_run_newest ON job_run (job, id);

CREATE INDEX job_run_open ON job_run (id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX job_run_slot ON job_run (job, slot, cause);

CREATE TRIGGER lease_keep BEFORE DELETE ON lease
BEGIN
    SELECT RAISE(ABORT, 'a lease is never deleted');
END;

CREATE TRIGGER lease_once BEFORE INSERT ON lease WHEN EXISTS (SELECT 1 FROM lease WHERE name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'a lease has one row');
END;

CREATE TRIGGER lease_rise BEFORE UPDATE ON lease
WHEN NEW.name <> OLD.name OR NEW.epoch < OLD.epoch
  OR (NEW.holder <> OLD.holder AND NEW.holder <> '' AND NEW.epoch <= OLD.epoch)
BEGIN
    SELECT RAISE(ABORT, 'the epoch of a lease rises with each holder');
END;

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

CREATE TABLE mark (
    host_id TEXT NOT NULL REFERENCES host (id),
    source  TEXT NOT NULL,
    value   TEXT NOT NULL, updated_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (host_id, source)
);

CREATE TABLE migration (
			number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);

CREATE TABLE network (
    asn  BIGINT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE rate (
    place   TEXT PRIMARY KEY,
    taken   TEXT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE INDEX rate_last ON rate (last_at);

CREATE TABLE saved_filter (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    filter     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (account_id, name)
);

CREATE VIEW scheduler_lock AS
SELECT 1 AS id, pid, hostname, version, boot_id, created_at, heartbeat_at, heartbeat_timeout, beat, epoch, holder
FROM lease WHERE name = 'scheduler' LIMIT 1;

CREATE TABLE session (
    id           TEXT PRIMARY KEY,
    secret       BLOB NOT NULL UNIQUE,
    account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    fresh_until  BIGINT NOT NULL,
    address      TEXT NOT NULL,
    agent        TEXT NOT NULL
);

CREATE INDEX session_account ON session (account_id, created_at);

CREATE INDEX session_expires ON session (expires_at);

CREATE INDEX session_seen ON session (last_seen_at);

CREATE TABLE tally_country (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, country)
) WITHOUT ROWID;

CREATE TABLE tally_country_64 (
    span    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, country)
) WITHOUT ROWID;

CREATE TABLE tally_country_8 (
    span    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, country)
) WITHOUT ROWID;

CREATE TABLE tally_day (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, jail, origin)
) WITHOUT ROWID;

CREATE TABLE tally_hour (
    hour    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (hour, host_id, jail, origin)
) WITHOUT ROWID;

CREATE TABLE tally_jail_country (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, jail, country)
) WITHOUT ROWID;

CREATE TABLE tally_jail_country_64 (
    span    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, jail, country)
) WITHOUT ROWID;

CREATE TABLE tally_jail_country_8 (
    span    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, jail, country)
) WITHOUT ROWID;

CREATE TABLE tally_network (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, asn)
) WITHOUT ROWID;

CREATE TABLE tally_network_64 (
    span    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, asn)
) WITHOUT ROWID;

CREATE TABLE tally_network_8 (
    span    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, asn)
) WITHOUT ROWID;

CREATE TABLE tally_new (
    day       BIGINT PRIMARY KEY,
    addresses BIGINT NOT NULL
);

CREATE TABLE tally_open (
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (host_id, jail, origin, country)
) WITHOUT ROWID;

CREATE TABLE tally_open_network (
    host_id TEXT NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (host_id, asn)
) WITHOUT ROWID;

CREATE TABLE token (
    id           TEXT PRIMARY KEY,
    secret       BLOB NOT NULL UNIQUE,
    account_id   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    scope        TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX token_account ON token (account_id, created_at);

CREATE INDEX token_expires ON token (expires_at);
