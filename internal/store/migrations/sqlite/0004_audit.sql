-- Who did what: entries without gaps, each with a hash of itself and of the one before.
-- Rows never change. They go only after audit_chain.anchor_id has passed them, which the
-- clean-up moves in the transaction that deletes.

CREATE TABLE audit (
    id           BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor_kind   TEXT NOT NULL,
    actor        TEXT NOT NULL,
    address      TEXT NOT NULL,
    action       TEXT NOT NULL,
    target       TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    code         TEXT NOT NULL,
    detail       TEXT NOT NULL,
    value_before TEXT NOT NULL,
    value_after  TEXT NOT NULL,
    times        BIGINT NOT NULL,
    began_id     BIGINT,
    request_id   TEXT NOT NULL,
    hash         BLOB NOT NULL
);

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_began ON audit (began_id) WHERE began_id IS NOT NULL;

-- One row: where the chain begins (the last entry that was removed) and ends.
CREATE TABLE audit_chain (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    anchor_id   BIGINT NOT NULL,
    anchor_hash BLOB NOT NULL,
    head_id     BIGINT NOT NULL,
    head_hash   BLOB NOT NULL,
    CHECK (anchor_id <= head_id)
);

INSERT INTO audit_chain (id, anchor_id, anchor_hash, head_id, head_hash) VALUES (1, 0, zeroblob(32), 0, zeroblob(32));

CREATE TRIGGER audit_insert BEFORE INSERT ON audit
WHEN NEW.id <> (SELECT head_id FROM audit_chain) OR EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows at its end');
END;

CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit never change');
END;

CREATE TRIGGER audit_delete BEFORE DELETE ON audit
WHEN OLD.id > (SELECT anchor_id FROM audit_chain)
BEGIN
    SELECT RAISE(ABORT, 'only the clean-up removes entries of the audit');
END;

CREATE TRIGGER audit_chain_update BEFORE UPDATE ON audit_chain
WHEN NEW.anchor_id < OLD.anchor_id OR NEW.head_id < OLD.head_id
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

CREATE TRIGGER audit_chain_delete BEFORE DELETE ON audit_chain
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;
