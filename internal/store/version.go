package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"bangui/internal/fault"
	"bangui/internal/versions"
)

var _ versions.Store = (*DB)(nil)

const versionColumns = "id, host_id, at, kind, actor, reason, change_id, until, etag_before, etag_after, changed"

func scanVersion(r *sql.Rows) (v versions.Version, err error) {
	var at int64
	var until sql.NullInt64
	var changed string
	if err := r.Scan(&v.ID, &v.HostID, &at, (*string)(&v.Kind), &v.Actor, &v.Reason, &v.Change, &until, &v.Before, &v.After, &changed); err != nil {
		return v, err
	}
	v.At, v.Until = moment(at), orZero(until)
	return v, json.Unmarshal([]byte(changed), &v.Changed)
}

// filed is a version with its files.
type filed struct {
	versions.Version
	files versions.Tree
}

// scanFiled reads a version behind whose columns stand its files.
func scanFiled(r *sql.Rows) (f filed, err error) {
	var at int64
	var until sql.NullInt64
	var changed, files string
	v := &f.Version
	if err := r.Scan(&v.ID, &v.HostID, &at, (*string)(&v.Kind), &v.Actor, &v.Reason, &v.Change, &until, &v.Before, &v.After, &changed, &files); err != nil {
		return f, err
	}
	v.At, v.Until = moment(at), orZero(until)
	return f, errors.Join(json.Unmarshal([]byte(changed), &v.Changed), json.Unmarshal([]byte(files), &f.files))
}

// Versions are those of a host before a place, newest first.
func (db *DB) Versions(ctx context.Context, hostID string, before versions.Place, limit int) ([]versions.Version, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return collect(ctx, db.read, scanVersion, "SELECT "+versionColumns+" FROM config_version WHERE host_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
		hostID, int64(before), limit)
}

// Version is one with its files; NotFound.
func (db *DB) Version(ctx context.Context, hostID string, id int64) (versions.Version, versions.Tree, error) {
	f, ok, err := one(collect(ctx, db.read, scanFiled, "SELECT "+versionColumns+", files FROM config_version WHERE host_id = $1 AND id = $2", hostID, id))
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "there is no version %d of this host's configuration", id).WithMend("Look at the list of versions.")
	}
	return f.Version, f.files, err
}

// Previous is the newest version before another.
func (db *DB) Previous(ctx context.Context, hostID string, id int64) (versions.Version, versions.Tree, bool, error) {
	f, ok, err := one(collect(ctx, db.read, scanFiled,
		"SELECT "+versionColumns+", files FROM config_version WHERE host_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1", hostID, id))
	return f.Version, f.files, ok, err
}

// Newest is the newest version.
func (db *DB) Newest(ctx context.Context, hostID string) (versions.Version, versions.Tree, bool, error) {
	return db.Previous(ctx, hostID, math.MaxInt64)
}

// Contents gives what is kept of these sums.
func (db *DB) Contents(ctx context.Context, sums []string) (versions.Contents, error) {
	const atOnce = 200
	all := versions.Contents{}
	for some := range slices.Chunk(sums, atOnce) {
		args, places := make([]any, len(some)), make([]string, len(some))
		for i, sum := range some {
			args[i], places[i] = sum, fmt.Sprintf("$%d", i+1)
		}
		_, err := collect(ctx, db.read, func(r *sql.Rows) (struct{}, error) {
			var sum string
			var content []byte
			err := r.Scan(&sum, &content)
			all[sum] = content
			return struct{}{}, err
		}, "SELECT sum, content FROM config_content WHERE sum IN ("+strings.Join(places, ", ")+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Begun is the change that was begun and not ended.
func (db *DB) Begun(ctx context.Context, hostID string) (v versions.Version, ok bool, err error) {
	text, ok, err := one(collect(ctx, db.read, scanOne[string], "SELECT version FROM config_begun WHERE host_id = $1", hostID))
	if err != nil || !ok {
		return v, false, err
	}
	return v, true, json.Unmarshal([]byte(text), &v)
}

// Begin notes that a change begins.
func (db *DB) Begin(ctx context.Context, v versions.Version) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return db.Tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, "INSERT INTO config_begun (host_id, version) VALUES ($1, $2) ON CONFLICT (host_id) DO UPDATE SET version = excluded.version", v.HostID, string(text))
	})
}

// Forget removes that note.
func (db *DB) Forget(ctx context.Context, hostID string) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.exec(ctx, "DELETE FROM config_begun WHERE host_id = $1", hostID) })
}

// Confirm makes a version hold.
func (db *DB) Confirm(ctx context.Context, hostID, change string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, "UPDATE config_version SET until = NULL WHERE host_id = $1 AND change_id = $2", hostID, change)
	})
}

// Add stores a version, removes the note of a change begun, and what is beyond the bounds.
func (db *DB) Add(ctx context.Context, v versions.Version, files versions.Tree, contents versions.Contents) (id int64, err error) {
	if v.Changed == nil {
		v.Changed = []string{}
	}
	changed, err1 := json.Marshal(v.Changed)
	tree, err2 := json.Marshal(files)
	if err := errors.Join(err1, err2); err != nil {
		return 0, err
	}
	err = db.Tx(ctx, func(tx *Tx) error {
		if err := tx.get(ctx, []any{&id}, "SELECT coalesce(max(id), 0) + 1 FROM config_version"); err != nil {
			return err
		}
		err := tx.exec(ctx, "INSERT INTO config_version ("+versionColumns+", files) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			id, v.HostID, micros(v.At), string(v.Kind), v.Actor, v.Reason, v.Change, orNull(v.Until), v.Before, v.After, string(changed), string(tree))
		if err != nil {
			return err
		}
		if err := tx.addContents(ctx, id, files, contents); err != nil {
			return err
		}
		if err := tx.exec(ctx, "DELETE FROM config_begun WHERE host_id = $1", v.HostID); err != nil {
			return err
		}
		return tx.trimVersions(ctx, v.HostID)
	})
	return id, err
}

func (tx *Tx) addContents(ctx context.Context, id int64, files versions.Tree, contents versions.Contents) error {
	sums := map[string]bool{}
	for _, sum := range files {
		if sums[sum] {
			continue
		}
		sums[sum] = true
		known, err := tx.changed(ctx, "UPDATE config_content SET last_id = $1 WHERE sum = $2", id, sum)
		content, given := contents[sum]
		if err == nil && known == 0 && given {
			err = tx.exec(ctx, "INSERT INTO config_content (sum, content, bytes, last_id) VALUES ($1, $2, $3, $4)", sum, content, len(content), id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trimVersions removes what is beyond the bounds that package versions names.
func (tx *Tx) trimVersions(ctx context.Context, hostID string) error {
	ids, err := rowsOf(ctx, tx.tx, scanOne[int64], "SELECT id FROM config_version WHERE host_id = $1 ORDER BY id DESC LIMIT $2", []any{hostID, versions.Most})
	if err != nil {
		return err
	}
	last := len(ids) - 1
	for ; last >= versions.Least; last-- {
		var bytes int64
		if err := tx.get(ctx, []any{&bytes}, "SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM config_content WHERE last_id >= $1", ids[last]); err != nil {
			return err
		}
		if bytes <= versions.MaxBytes {
			break
		}
	}
	gone, err := tx.changed(ctx, "DELETE FROM config_version WHERE host_id = $1 AND id < $2", hostID, ids[last])
	if err != nil || gone == 0 {
		return err
	}
	return tx.exec(ctx, "DELETE FROM config_content WHERE last_id < (SELECT min(id) FROM config_version)")
}
