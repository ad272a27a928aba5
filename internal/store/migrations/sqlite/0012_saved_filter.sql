-- Filters of the list of bans that users kept under names of their own: filter is the JSON
-- of the list's parameters, as the API checked it.

CREATE TABLE saved_filter (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    filter     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (account_id, name)
);
