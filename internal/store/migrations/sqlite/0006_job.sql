-- Background jobs: what is planned, paused and asked for, and their runs. A slot of a
-- job is taken once.

CREATE TABLE job (
    name     TEXT PRIMARY KEY,
    next_at  BIGINT,
    paused   BIGINT NOT NULL DEFAULT 0,
    asked_at BIGINT,
    asked_by TEXT NOT NULL DEFAULT ''
);

CREATE TABLE job_run (
    id         INTEGER PRIMARY KEY,
    job        TEXT NOT NULL,
    slot       BIGINT NOT NULL,
    cause      TEXT NOT NULL,
    asked_by   TEXT NOT NULL,
    missed     BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at   BIGINT,
    outcome    TEXT NOT NULL,
    did        TEXT NOT NULL,
    error      TEXT NOT NULL
);

CREATE UNIQUE INDEX job_run_slot ON job_run (job, slot, cause);
CREATE INDEX job_run_newest ON job_run (job, id);
CREATE INDEX job_run_open ON job_run (id) WHERE ended_at IS NULL;
