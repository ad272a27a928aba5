package store

import (
	"fmt"
	"testing"
	"time"

	"bangui/internal/auth"
)

// inTx runs work in one transaction; an error is the test's.
func inTx(t *testing.T, db *DB, work func(tx *Tx) error) {
	t.Helper()
	if err := db.Tx(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// countOf counts the rows of a table.
func countOf(t *testing.T, db *DB, table string) (n int) {
	t.Helper()
	inTx(t, db, func(tx *Tx) error { return tx.get(t.Context(), []any{&n}, "SELECT count(*) FROM "+table) })
	return n
}

// However many guess from however many places, the table of attempts is bounded: those
// that have been still for the longest go first, some at a time.
func TestTidy_BoundsAttempts(t *testing.T) {
	db := opened(t, freshPath(t))
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	const over = 150
	inTx(t, db, func(tx *Tx) error {
		for i := range maxAttempts + over {
			if err := tx.PutAttempt(t.Context(), auth.Attempt{Place: fmt.Sprint("source ", i), Failures: 1, LastAt: at.Add(time.Duration(i) * time.Millisecond), FreeAt: at}); err != nil {
				return err
			}
		}
		return nil
	})
	old := auth.Old{Now: at, Idle: at, Attempts: at, Familiar: at, Tokens: at}
	for round, want := range []int{maxAttempts + over - 100, maxAttempts, maxAttempts} {
		inTx(t, db, func(tx *Tx) error {
			_, err := tx.Tidy(t.Context(), old, 100)
			return err
		})
		if n := countOf(t, db, "attempt"); n != want {
			t.Errorf("after round %d there are %d rows, want %d", round, n, want)
		}
	}
	for i, want := range map[int]int{0: 0, over - 1: 0, over: 1, maxAttempts + over - 1: 1} {
		left, err := db.Attempts(t.Context(), []string{fmt.Sprint("source ", i)})
		if err != nil || len(left) != want {
			t.Errorf("attempt %d: %d rows, %v", i, len(left), err)
		}
	}
}

// A user keeps the sources that he used last; what is his goes with him.
func TestUser_WhatIsHis(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		for _, id := range []string{"anna", "otto"} {
			inTx(t, db, func(tx *Tx) error {
				if err := tx.PutUser(t.Context(), auth.User{ID: id, Name: id, Role: auth.Admin, Hash: "x", CreatedAt: at, PasswordChangedAt: at}); err != nil {
					return err
				}
				if err := tx.PutSession(t.Context(), auth.Session{ID: "s-" + id, UserID: id, CreatedAt: at, LastSeenAt: at, ExpiresAt: at, FreshUntil: at}, []byte("s"+id)); err != nil {
					return err
				}
				if err := tx.PutSavedFilter(t.Context(), auth.SavedFilter{ID: "f-" + id, UserID: id, Name: "x", Filter: "{}", CreatedAt: at, ChangedAt: at}); err != nil {
					return err
				}
				return tx.PutToken(t.Context(), auth.Token{ID: "t-" + id, UserID: id, Name: "x", Scope: auth.Read, CreatedAt: at, ExpiresAt: at}, []byte("t"+id))
			})
			for i := range maxFamiliar + 10 {
				inTx(t, db, func(tx *Tx) error {
					return tx.PutFamiliar(t.Context(), id, fmt.Sprint("source ", i), at.Add(time.Duration(i)*time.Second))
				})
			}
		}
		for i, want := range map[int]bool{0: false, 9: false, 10: true, maxFamiliar + 9: true} {
			if got, err := db.Familiar(t.Context(), "anna", fmt.Sprint("source ", i)); err != nil || got != want {
				t.Errorf("source %d is familiar: %v, %v", i, got, err)
			}
		}
		inTx(t, db, func(tx *Tx) error { return tx.RemoveUser(t.Context(), "anna") })
		for table, want := range map[string]int{"account": 1, "session": 1, "token": 1, "saved_filter": 1, "familiar": maxFamiliar} {
			if n := countOf(t, db, table); n != want {
				t.Errorf("%s has %d rows, want %d", table, n, want)
			}
		}
	})
}
