-- What clients have taken of the classes of requests that are bounded, for all consoles:
-- the moments within the last minute, in microseconds, by class and client.

CREATE TABLE rate (
    place   TEXT COLLATE "C" PRIMARY KEY,
    taken   TEXT COLLATE "C" NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE INDEX rate_last ON rate (last_at);
