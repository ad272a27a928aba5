-- Who may sign in, and with what. Secrets are stored as hashes: those of passwords are
-- Argon2id in PHC form, those of sessions and tokens (256 random bits) SHA-256.

CREATE TABLE account (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    name                TEXT COLLATE "C" NOT NULL UNIQUE,
    role                TEXT COLLATE "C" NOT NULL,
    password            TEXT COLLATE "C" NOT NULL,
    created_at          BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    last_sign_in_at     BIGINT,
    disabled_at         BIGINT
);

CREATE TABLE session (
    id           TEXT COLLATE "C" PRIMARY KEY,
    secret       BYTEA NOT NULL UNIQUE,
    account_id   TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    fresh_until  BIGINT NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    agent        TEXT COLLATE "C" NOT NULL
);

CREATE INDEX session_account ON session (account_id, created_at);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_seen ON session (last_seen_at);

CREATE TABLE token (
    id           TEXT COLLATE "C" PRIMARY KEY,
    secret       BYTEA NOT NULL UNIQUE,
    account_id   TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    scope        TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX token_account ON token (account_id, created_at);
CREATE INDEX token_expires ON token (expires_at);

-- Wrong passwords, by where they were tried: at an account, from a source, or by a
-- source at an account that was signed in to from there before.
CREATE TABLE attempt (
    place    TEXT COLLATE "C" PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  BIGINT NOT NULL,
    free_at  BIGINT NOT NULL
);

CREATE INDEX attempt_last ON attempt (last_at);

-- Sources from which an account was signed in to.
CREATE TABLE familiar (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    source     TEXT COLLATE "C" NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (account_id, source)
);

CREATE INDEX familiar_used ON familiar (used_at);
