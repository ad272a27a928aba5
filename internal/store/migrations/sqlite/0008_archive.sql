-- The archive: where a banned address belongs, the log lines behind a ban, and counters
-- that are kept in the transaction of each ban, so that statistics never read the bans.
-- Days and hours are numbers since 1970, UTC.

ALTER TABLE ban ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE ban ADD COLUMN asn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ban ADD COLUMN network TEXT NOT NULL DEFAULT '';

-- One index for each filter, in the order of pages. Bans by fail2ban itself are nearly
-- all, so only the others are worth finding by their origin.
CREATE INDEX ban_jail ON ban (jail, banned_at, id);
CREATE INDEX ban_country ON ban (country, banned_at, id);
CREATE INDEX ban_asn ON ban (asn, banned_at, id);
CREATE INDEX ban_origin ON ban (origin, banned_at, id) WHERE origin <> 'fail2ban';

-- The log lines that led to a ban, compressed: see package history.
CREATE TABLE ban_lines (
    ban_id    INTEGER PRIMARY KEY,
    banned_at BIGINT NOT NULL,
    data      BLOB NOT NULL
);

CREATE TABLE tally_hour (
    hour    BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (hour, host_id, jail, origin)
) WITHOUT ROWID;

CREATE TABLE tally_day (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, jail, origin)
) WITHOUT ROWID;

CREATE TABLE tally_country (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, country)
) WITHOUT ROWID;

CREATE TABLE tally_jail_country (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    jail    TEXT NOT NULL,
    country TEXT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, jail, country)
) WITHOUT ROWID;

CREATE TABLE tally_network (
    day     BIGINT NOT NULL,
    host_id TEXT NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, asn)
) WITHOUT ROWID;

-- How many identifiers were first banned on a day.
CREATE TABLE tally_new (
    day       BIGINT PRIMARY KEY,
    addresses BIGINT NOT NULL
);

-- One row for each identifier that was ever banned; jails is a list of names as JSON.
CREATE TABLE address (
    identifier TEXT PRIMARY KEY,
    first_at   BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    bans       BIGINT NOT NULL,
    jails      TEXT NOT NULL
) WITHOUT ROWID;

-- The last known name of each network, by the number of its autonomous system.
CREATE TABLE network (
    asn  BIGINT PRIMARY KEY,
    name TEXT NOT NULL
);

INSERT INTO tally_hour SELECT banned_at / 3600000000, host_id, jail, origin, count(*) FROM ban GROUP BY 1, 2, 3, 4;
INSERT INTO tally_day SELECT banned_at / 86400000000, host_id, jail, origin, count(*) FROM ban GROUP BY 1, 2, 3, 4;
INSERT INTO tally_country SELECT banned_at / 86400000000, host_id, '', count(*) FROM ban GROUP BY 1, 2;
INSERT INTO tally_jail_country SELECT banned_at / 86400000000, host_id, jail, '', count(*) FROM ban GROUP BY 1, 2, 3;
INSERT INTO tally_network SELECT banned_at / 86400000000, host_id, 0, count(*) FROM ban GROUP BY 1, 2;
INSERT INTO address SELECT identifier, min(banned_at), max(banned_at), count(*), json_group_array(DISTINCT jail) FROM ban GROUP BY identifier;
INSERT INTO tally_new SELECT first_at / 86400000000, count(*) FROM address GROUP BY 1;

-- Times for which fail2ban had forgotten its bans before they were copied.
CREATE TABLE archive_gap (
    id       INTEGER PRIMARY KEY,
    host_id  TEXT NOT NULL REFERENCES host (id),
    from_at  BIGINT NOT NULL,
    to_at    BIGINT NOT NULL,
    why      TEXT NOT NULL,
    found_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX archive_gap_from ON archive_gap (host_id, from_at);

-- One row: bans from before this moment may have been removed; the counters outlive them.
CREATE TABLE archive_kept (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    since BIGINT NOT NULL
);
INSERT INTO archive_kept (id, since) VALUES (1, 0);
