-- What a large archive needs: sums of the counters over 8 and over 64 days, counted from
-- 1970 too, so that a year reads dozens of rows where it read hundreds; and an index for
-- networks in the order of pages, by the first 2 bytes of IPv4 and 4 of IPv6 addresses.

CREATE INDEX ban_block ON ban (substr(ip, 1, 2 + length(ip) / 8), banned_at, id);

CREATE TABLE tally_country_8 (
    span    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, country)
);

CREATE TABLE tally_country_64 (
    span    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, country)
);

CREATE TABLE tally_jail_country_8 (
    span    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    jail    TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, jail, country)
);

CREATE TABLE tally_jail_country_64 (
    span    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    jail    TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, jail, country)
);

CREATE TABLE tally_network_8 (
    span    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, asn)
);

CREATE TABLE tally_network_64 (
    span    BIGINT NOT NULL,
    host_id TEXT COLLATE "C" NOT NULL,
    asn     BIGINT NOT NULL,
    bans    BIGINT NOT NULL,
    PRIMARY KEY (span, host_id, asn)
);

INSERT INTO tally_country_8 SELECT day / 8, host_id, country, sum(bans) FROM tally_country GROUP BY 1, 2, 3;
INSERT INTO tally_country_64 SELECT span / 8, host_id, country, sum(bans) FROM tally_country_8 GROUP BY 1, 2, 3;
INSERT INTO tally_jail_country_8 SELECT day / 8, host_id, jail, country, sum(bans) FROM tally_jail_country GROUP BY 1, 2, 3, 4;
INSERT INTO tally_jail_country_64 SELECT span / 8, host_id, jail, country, sum(bans) FROM tally_jail_country_8 GROUP BY 1, 2, 3, 4;
INSERT INTO tally_network_8 SELECT day / 8, host_id, asn, sum(bans) FROM tally_network GROUP BY 1, 2, 3;
INSERT INTO tally_network_64 SELECT span / 8, host_id, asn, sum(bans) FROM tally_network_8 GROUP BY 1, 2, 3;
