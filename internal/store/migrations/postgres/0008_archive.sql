-- The archive: where a banned address belongs, the log lines behind a ban, and counters
-- that are kept in the transaction of each ban, so that statistics never read the bans.
-- Days and hours are numbers since 1970, UTC.
--
-- Bans and their lines are partitioned by month, so that old ones go with their table.
-- An index over all partitions can't promise that at most one ban of an identifier is
-- open in a jail: consoles take turns to write, and look before they do.

DROP INDEX ban_source, ban_open, ban_active, ban_active_jail, ban_time, ban_ip, ban_overdue, ban_cut_short;
ALTER TABLE ban DROP CONSTRAINT ban_pkey, DROP CONSTRAINT ban_host_id_fkey;
ALTER TABLE ban RENAME TO ban_whole;

CREATE SEQUENCE ban_number;
CREATE TABLE ban (
    LIKE ban_whole INCLUDING DEFAULTS,
    country TEXT COLLATE "C" NOT NULL DEFAULT '',
    asn     BIGINT NOT NULL DEFAULT 0,
    network TEXT COLLATE "C" NOT NULL DEFAULT ''
) PARTITION BY RANGE (banned_at);
ALTER TABLE ban ALTER COLUMN id SET DEFAULT nextval('ban_number');
ALTER SEQUENCE ban_number OWNED BY ban.id;
ALTER TABLE ban ADD CONSTRAINT ban_pkey PRIMARY KEY (banned_at, id), ADD CONSTRAINT ban_host_id_fkey FOREIGN KEY (host_id) REFERENCES host (id);
CREATE TABLE ban_default PARTITION OF ban DEFAULT;

-- Recording twice changes nothing: a ban is known by its place and its start.
CREATE UNIQUE INDEX ban_source ON ban (identifier, jail, host_id, banned_at);
CREATE INDEX ban_active ON ban (banned_at, id, host_id, identifier) WHERE ended_at IS NULL;
CREATE INDEX ban_active_jail ON ban (jail, banned_at, id, host_id, identifier) WHERE ended_at IS NULL;
CREATE INDEX ban_ip ON ban (ip, banned_at, id) WHERE ip IS NOT NULL;
CREATE INDEX ban_id ON ban (id);
CREATE INDEX ban_overdue ON ban (lift_at, id) WHERE lift_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX ban_cut_short ON ban (lift_at, id) WHERE lift_at IS NOT NULL AND end_reason = 'expired';
-- One index for each filter, in the order of pages. Bans by fail2ban itself are nearly
-- all, so only the others are worth finding by their origin.
CREATE INDEX ban_jail ON ban (jail, banned_at, id);
CREATE INDEX ban_country ON ban (country, banned_at, id);
CREATE INDEX ban_asn ON ban (asn, banned_at, id);
CREATE INDEX ban_origin ON ban (origin, banned_at, id) WHERE origin <> 'fail2ban';

-- The log lines that led to a ban, compressed: see package history.
CREATE TABLE ban_lines (
    ban_id    BIGINT NOT NULL,
    banned_at BIGINT NOT NULL,
    data      BYTEA NOT NULL,
    PRIMARY KEY (banned_at, ban_id)
) PARTITION BY RANGE (banned_at);
CREATE TABLE ban_lines_default PARTITION OF ban_lines DEFAULT;

-- Makes the partitions of the month of a moment, and moves there what came before them;
-- false when they are there.
CREATE FUNCTION ban_month(at BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    month  TIMESTAMP := date_trunc('month', to_timestamp(at / 1000000) AT TIME ZONE 'UTC');
    since  BIGINT := extract(epoch FROM month)::BIGINT * 1000000;
    until  BIGINT := extract(epoch FROM month + INTERVAL '1 month')::BIGINT * 1000000;
    parent TEXT;
    part   TEXT;
BEGIN
    IF to_regclass(format('%I', 'ban_' || to_char(month, 'YYYY_MM'))) IS NOT NULL THEN
        RETURN FALSE;
    END IF;
    FOREACH parent IN ARRAY ARRAY['ban', 'ban_lines'] LOOP
        part := parent || '_' || to_char(month, 'YYYY_MM');
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, parent);
        EXECUTE format('WITH moved AS (DELETE FROM %I WHERE banned_at >= %s AND banned_at < %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
            parent || '_default', since, until, part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, since, until);
    END LOOP;
    RETURN TRUE;
END $$;

SELECT ban_month(at) FROM (
    SELECT DISTINCT (extract(epoch FROM date_trunc('month', to_timestamp(banned_at / 1000000) AT TIME ZONE 'UTC'))::BIGINT) * 1000000 AS at FROM ban_whole
) AS months ORDER BY at;
INSERT INTO ban SELECT ban_whole.*, '', 0, '' FROM ban_whole;
SELECT setval('ban_number', (SELECT coalesce(max(id), 0) + 1 FROM ban_whole), false);
DROP TABLE ban_whole;

CREATE TABLE tally_hour (
    hour    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    jail    TEXT COLLATE "C" NOT NULL,
    origin  TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (hour, host_id, jail, origin)
);

CREATE TABLE tally_day (
    day     BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    jail    TEXT COLLATE "C" NOT NULL,
    origin  TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, jail, origin)
);

CREATE TABLE tally_country (
    day     BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, country)
);

CREATE TABLE tally_jail_country (
    day     BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    jail    TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, jail, country)
);

CREATE TABLE tally_network (
    day     BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (day, host_id, asn)
);

-- How many identifiers were first banned on a day.
CREATE TABLE tally_new (
    day       BIGINT PRIMARY KEY,
    addresses BIGINT NOT NULL
);

-- One row for each identifier that was ever banned; jails is a list of names as JSON.
CREATE TABLE address (
    identifier TEXT COLLATE "C" PRIMARY KEY,
    first_at   BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    bans       BIGINT NOT NULL,
    jails      TEXT COLLATE "C" NOT NULL
);

-- The last known name of each network, by the number of its autonomous system.
CREATE TABLE network (
    asn  BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL
);

INSERT INTO tally_hour SELECT banned_at / 3600000000, host_id, jail, origin, count(*) FROM ban GROUP BY 1, 2, 3, 4;
INSERT INTO tally_day SELECT banned_at / 86400000000, host_id, jail, origin, count(*) FROM ban GROUP BY 1, 2, 3, 4;
INSERT INTO tally_country SELECT banned_at / 86400000000, host_id, '', count(*) FROM ban GROUP BY 1, 2;
INSERT INTO tally_jail_country SELECT banned_at / 86400000000, host_id, jail, '', count(*) FROM ban GROUP BY 1, 2, 3;
INSERT INTO tally_network SELECT banned_at / 86400000000, host_id, 0, count(*) FROM ban GROUP BY 1, 2;
INSERT INTO address SELECT identifier, min(banned_at), max(banned_at), count(*), json_agg(DISTINCT jail)::TEXT FROM ban GROUP BY identifier;
INSERT INTO tally_new SELECT first_at / 86400000000, count(*) FROM address GROUP BY 1;

-- Times for which fail2ban had forgotten its bans before they were copied.
CREATE TABLE archive_gap (
    id       BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    host_id  TEXT COLLATE "C" NOT NULL REFERENCES host (id),
    from_at  BIGINT NOT NULL,
    to_at    BIGINT NOT NULL,
    why      TEXT COLLATE "C" NOT NULL,
    found_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX archive_gap_from ON archive_gap (host_id, from_at);

-- One row: bans from before this moment may have been removed; the counters outlive them.
CREATE TABLE archive_kept (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    since BIGINT NOT NULL
);
INSERT INTO archive_kept (id, since) VALUES (1, 0);
