-- What is told twice, or late, changes nothing: a ban knows when fail2ban was last seen
-- in the state that its row says, and an event has a hash of what happened where and
-- when. Indexes lead with the identifier, so that a query for a host or a jail is not
-- drawn to one that can't give it the order of pages; those of open bans hold what
-- filters look at, so that a search reads no row that it does not show.

ALTER TABLE ban ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE ban SET seen_at = coalesce(ended_at, banned_at);

DROP INDEX ban_source;
DROP INDEX ban_open;
DROP INDEX ban_active;
DROP INDEX ban_active_jail;
DROP INDEX ban_identifier;
CREATE UNIQUE INDEX ban_source ON ban (identifier, jail, host_id, banned_at);
CREATE UNIQUE INDEX ban_open ON ban (identifier, jail, host_id) WHERE ended_at IS NULL;
CREATE INDEX ban_active ON ban (banned_at, id, host_id, identifier) WHERE ended_at IS NULL;
CREATE INDEX ban_active_jail ON ban (jail, banned_at, id, host_id, identifier) WHERE ended_at IS NULL;

ALTER TABLE event ADD COLUMN source_key BYTEA;
CREATE UNIQUE INDEX event_source ON event (source_key);

ALTER TABLE mark ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX intent_time ON intent (asked_at);
