-- What ten million bans need. The index of addresses knows how long a network is: what a
-- network does not have is left out without looking at the bans. Ended bans have their own:
-- of the newest thousands most are open.

DROP INDEX ban_ip;
CREATE INDEX ban_ended ON ban (banned_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX ban_ip ON ban (ip, banned_at, id, prefix_len) WHERE ip IS NOT NULL;

-- How many bans are open: counting them takes longer the more there are.

CREATE TABLE tally_open (
    host_id TEXT COLLATE "C" NOT NULL,
    jail    TEXT COLLATE "C" NOT NULL,
    origin  TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (host_id, jail, origin, country)
);

CREATE TABLE tally_open_network (
    host_id TEXT COLLATE "C" NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (host_id, asn)
);

INSERT INTO tally_open SELECT host_id, jail, origin, country, count(*) FROM ban WHERE ended_at IS NULL GROUP BY 1, 2, 3, 4;
INSERT INTO tally_open_network SELECT host_id, asn, count(*) FROM ban WHERE ended_at IS NULL GROUP BY 1, 2;
