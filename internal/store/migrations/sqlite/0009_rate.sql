-- What clients have taken of the classes of requests that are bounded, for all consoles:
-- the moments within the last minute, in microseconds, by class and client.

CREATE TABLE rate (
    place   TEXT PRIMARY KEY,
    taken   TEXT NOT NULL,
    last_at BIGINT NOT NULL
);

CREATE INDEX rate_last ON rate (last_at);
