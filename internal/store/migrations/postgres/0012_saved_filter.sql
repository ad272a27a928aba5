-- Filters of the list of bans that users kept under names of their own: filter is the JSON
-- of the list's parameters, as the API checked it.

CREATE TABLE saved_filter (
    id         TEXT COLLATE "C" PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name       TEXT COLLATE "C" NOT NULL,
    filter     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (account_id, name)
);
