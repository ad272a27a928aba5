package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/versions"
)

// kept is one file with its content, as a configuration has it.
func kept(name string, content []byte) (versions.Tree, versions.Contents) {
	sum := sha256.Sum256(content)
	text := hex.EncodeToString(sum[:])
	return versions.Tree{name: text}, versions.Contents{text: content}
}

func TestVersions_KeepsTheNewestWithinBounds(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db, now := opened(t, fresh()), time.Now().UTC().Truncate(time.Microsecond)
		add := func(host string, content []byte) int64 {
			files, contents := kept("jail.local", content)
			v := versions.Version{HostID: host, At: now, Kind: versions.Applied, Actor: "anna", Reason: "ümläut", Change: "c", Until: now, Before: "a", After: "b", Changed: []string{"jail.local"}}
			id, err := db.Add(t.Context(), v, files, contents)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		if _, _, ok, err := db.Newest(t.Context(), "h"); ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
		other := add("other", []byte{})
		first := add("h", []byte("not UTF-8: \xff\x00"))
		v, files, err := db.Version(t.Context(), "h", first)
		if err != nil || v.Actor != "anna" || !v.At.Equal(now) || !v.Until.Equal(now) || v.Changed[0] != "jail.local" || v.Kind != versions.Applied {
			t.Fatalf("%+v, %v", v, err)
		}
		contents, err := db.Contents(t.Context(), []string{files["jail.local"], "nowhere"})
		if err != nil || len(contents) != 1 || string(contents[files["jail.local"]]) != "not UTF-8: \xff\x00" {
			t.Errorf("%q, %v", contents, err)
		}
		if _, _, err := db.Version(t.Context(), "h", other); !fault.Is(err, fault.NotFound) {
			t.Errorf("another host's: %v", err)
		}
		if err := db.Confirm(t.Context(), "h", "c"); err != nil {
			t.Fatal(err)
		}
		if v, _, _, err := db.Newest(t.Context(), "h"); err != nil || !v.Until.IsZero() {
			t.Errorf("%+v, %v", v, err)
		}
		// Each is a megabyte more than a bound allows together, so that only the least stay.
		for i := range versions.Least + 2 {
			content := make([]byte, versions.MaxBytes/versions.Least+1<<20)
			copy(content, fmt.Sprint(i))
			add("h", content)
		}
		list, err := db.Versions(t.Context(), "h", 0, 200)
		if err != nil || len(list) != versions.Least {
			t.Fatalf("%d, %v", len(list), err)
		}
		if page, err := db.Versions(t.Context(), "h", versions.Place(list[0].ID), 1); err != nil || len(page) != 1 || page[0].ID != list[1].ID {
			t.Errorf("%+v, %v", page, err)
		}
		if v, _, ok, err := db.Previous(t.Context(), "h", list[0].ID); !ok || err != nil || v.ID != list[1].ID {
			t.Errorf("%+v, %v", v, err)
		}
		if _, _, err := db.Version(t.Context(), "other", other); err != nil {
			t.Errorf("another host's is gone: %v", err)
		}
	})
}

func TestVersions_RemembersAChangeThatBegan(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		v := versions.Version{HostID: "h", At: time.Now().UTC(), Kind: versions.Restored, Actor: "anna", Reason: "x", Begun: true}
		if err := db.Begin(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		v.Actor = "bob"
		if err := db.Begin(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := db.Begun(t.Context(), "h"); !ok || err != nil || got.Actor != "bob" || got.Kind != versions.Restored {
			t.Errorf("%+v, %v", got, err)
		}
		if _, ok, err := db.Begun(t.Context(), "other"); ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
		files, contents := kept("jail.local", []byte("x"))
		if _, err := db.Add(t.Context(), v, files, contents); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := db.Begun(t.Context(), "h"); ok || err != nil {
			t.Errorf("it is still begun: %v", err)
		}
	})
}
