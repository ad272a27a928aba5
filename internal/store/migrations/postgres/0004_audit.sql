-- Who did what: entries without gaps, each with a hash of itself and of the one before.
-- Rows never change. They go only after audit_chain.anchor_id has passed them, which the
-- clean-up moves in the transaction that deletes.

CREATE TABLE audit (
    id           BIGINT PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor_kind   TEXT COLLATE "C" NOT NULL,
    actor        TEXT COLLATE "C" NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    action       TEXT COLLATE "C" NOT NULL,
    target       TEXT COLLATE "C" NOT NULL,
    outcome      TEXT COLLATE "C" NOT NULL,
    code         TEXT COLLATE "C" NOT NULL,
    detail       TEXT COLLATE "C" NOT NULL,
    value_before TEXT COLLATE "C" NOT NULL,
    value_after  TEXT COLLATE "C" NOT NULL,
    times        BIGINT NOT NULL,
    began_id     BIGINT,
    request_id   TEXT COLLATE "C" NOT NULL,
    hash         BYTEA NOT NULL
);

CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_began ON audit (began_id) WHERE began_id IS NOT NULL;

-- One row: where the chain begins (the last entry that was removed) and ends.
CREATE TABLE audit_chain (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    anchor_id   BIGINT NOT NULL,
    anchor_hash BYTEA NOT NULL,
    head_id     BIGINT NOT NULL,
    head_hash   BYTEA NOT NULL,
    CHECK (anchor_id <= head_id)
);

INSERT INTO audit_chain (id, anchor_id, anchor_hash, head_id, head_hash)
VALUES (1, 0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit only grows at its end, and only the clean-up removes from it';
END
$$;

CREATE FUNCTION audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> (SELECT head_id FROM audit_chain) THEN
        RAISE EXCEPTION 'the audit only grows at its end';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION audit_trim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.id > (SELECT anchor_id FROM audit_chain) THEN
        RAISE EXCEPTION 'only the clean-up removes entries of the audit';
    END IF;
    RETURN OLD;
END
$$;

CREATE FUNCTION audit_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.anchor_id < OLD.anchor_id OR NEW.head_id < OLD.head_id THEN
        RAISE EXCEPTION 'the audit only grows';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_insert BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_append();
CREATE TRIGGER audit_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_trim();
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chain_update BEFORE UPDATE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_forward();
CREATE TRIGGER audit_chain_delete BEFORE DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chain_truncate BEFORE TRUNCATE ON audit_chain FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
