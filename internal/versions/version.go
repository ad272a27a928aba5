// Package versions remembers what fail2ban's configuration was: a version for every
// change that went through BanGUI, with who made it and why, and for what was changed by
// hand on the host. What differs from the newest version is drift.
package versions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"bangui/internal/fault"
	"bangui/internal/host"
)

// Kind says how a version came to be.
type Kind string

// The kinds.
const (
	First    Kind = "first"    // what was there when BanGUI first looked
	Applied  Kind = "applied"  // a change
	Reverted Kind = "reverted" // a change was taken back, or drift was
	Restored Kind = "restored" // an earlier version came back
	Adopted  Kind = "adopted"  // somebody took over what was changed by hand
	ByHand   Kind = "by_hand"  // changed by hand, and found when the next change was made
)

// Version is the configuration after one change.
type Version struct {
	ID      int64
	HostID  string
	At      time.Time
	Kind    Kind
	Actor   string // "" = nobody is known
	Reason  string
	Change  string    // id of the change on the host; "" = none
	Until   time.Time // when the host takes it back unless it is confirmed; zero = it holds
	Before  string    // ETag; "" = not known
	After   string
	Changed []string // names of the files that differ from the version before
	// Begun says that the change was begun, and that nobody has seen its end yet: no
	// version, but what may become one.
	Begun bool
}

// Tree is all files of a configuration: by name, the sum of the content of each.
type Tree map[string]string

// Contents are contents of files by their sums.
type Contents map[string][]byte

// Bounds of what is kept for one host: the newest versions, of these as many as have
// contents of no more than MaxBytes together, and never less than Least.
const (
	Most     = 500
	Least    = 20
	MaxBytes = 64 << 20
)

// Place is a version in the list, for the page behind it; zero = the first page.
type Place int64

// Store keeps versions. All of it is about one host.
type Store interface {
	// Versions are those before a place, newest first.
	Versions(ctx context.Context, hostID string, before Place, limit int) ([]Version, error)
	// Version is one with its files; NotFound.
	Version(ctx context.Context, hostID string, id int64) (Version, Tree, error)
	// Previous is the newest one before another; ok is false when that is the oldest.
	Previous(ctx context.Context, hostID string, id int64) (v Version, files Tree, ok bool, err error)
	// Newest is the newest one; ok is false when there is none.
	Newest(ctx context.Context, hostID string) (v Version, files Tree, ok bool, err error)
	// Contents gives what is kept of these sums.
	Contents(ctx context.Context, sums []string) (Contents, error)
	// Begun is the change that was begun and not ended; ok is false when there is none.
	Begun(ctx context.Context, hostID string) (v Version, ok bool, err error)
	// Begin notes that a change begins, in the place of another one begun.
	Begin(ctx context.Context, v Version) error
	// Add stores a version with its files, removes the note of a change begun, and what is
	// beyond the bounds.
	Add(ctx context.Context, v Version, files Tree, contents Contents) (int64, error)
	// Forget removes the note of a change begun.
	Forget(ctx context.Context, hostID string) error
	// Confirm makes a version hold.
	Confirm(ctx context.Context, hostID, change string) error
}

// found is a configuration as it is now on a host.
type found struct {
	host.ConfigSnapshot
	tree     Tree
	contents Contents
}

func look(ctx context.Context, h host.Host) (found, error) {
	s, err := h.ConfigFiles(ctx)
	if err != nil {
		return found{}, err
	}
	f := found{ConfigSnapshot: s, tree: Tree{}, contents: Contents{}}
	for _, file := range s.Files {
		sum := sha256.Sum256(file.Content)
		text := hex.EncodeToString(sum[:])
		f.tree[file.Name], f.contents[text] = text, file.Content
	}
	return f, nil
}

// differing are the names of the files that differ, sorted.
func differing(before, after Tree) []string {
	var names []string
	for name, sum := range after {
		if before[name] != sum {
			names = append(names, name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func same(a, b Tree) bool { return maps.Equal(a, b) }

func none(hostID string) error {
	return fault.New(fault.NotFound, "nothing is known yet of the configuration of %s", hostID).
		WithMend("Wait a minute, until BanGUI has looked at it.")
}
