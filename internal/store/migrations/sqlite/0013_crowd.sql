-- What ten million bans need, thousands of them of one second.
--
-- Indexes in the order of pages without the id: each row's number is at the end of an index
-- anyway, and only there this engine enters an index by it. That of addresses knows how long
-- a network is, that of blocks knows the address: what a network does not have is left out
-- without looking at the bans. Ended bans have their own: of the newest thousands most are open.

DROP INDEX ban_time;
DROP INDEX ban_jail;
DROP INDEX ban_country;
DROP INDEX ban_asn;
DROP INDEX ban_origin;
DROP INDEX ban_ip;
DROP INDEX ban_block;
CREATE INDEX ban_time ON ban (banned_at);
CREATE INDEX ban_jail ON ban (jail, banned_at);
CREATE INDEX ban_country ON ban (country, banned_at);
CREATE INDEX ban_asn ON ban (asn, banned_at);
CREATE INDEX ban_origin ON ban (origin, banned_at) WHERE origin <> 'fail2ban';
CREATE INDEX ban_ended ON ban (banned_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ban_ip ON ban (ip, banned_at, prefix_len) WHERE ip IS NOT NULL;
CREATE INDEX ban_block ON ban (substr(ip, 1, 2 + length(ip) / 8), banned_at, id, ip, prefix_len);

-- How many bans are open: counting them takes longer the more there are.

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

INSERT INTO tally_open SELECT host_id, jail, origin, country, count(*) FROM ban WHERE ended_at IS NULL GROUP BY 1, 2, 3, 4;
INSERT INTO tally_open_network SELECT host_id, asn, count(*) FROM ban WHERE ended_at IS NULL GROUP BY 1, 2;
