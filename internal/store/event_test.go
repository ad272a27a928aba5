package store

import (
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/history"

	"github.com/google/go-cmp/cmp"
)

// withHost is a fresh store that knows host h.
func withHost(t *testing.T, where string) *DB {
	t.Helper()
	db := opened(t, where)
	if err := db.EnsureHost(t.Context(), "h", "first name"); err != nil {
		t.Fatal(err)
	}
	return db
}

func insert(t *testing.T, db *DB, e event.Event) (id int64, isNew bool) {
	t.Helper()
	err := db.Tx(t.Context(), func(tx *Tx) (err error) {
		id, isNew, err = tx.InsertEvent(t.Context(), e)
		if err == nil && isNew {
			err = tx.TrimEvents(t.Context(), id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id, isNew
}

func TestEvents_ComeBackAsTheyWere(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := withHost(t, fresh())
		want := event.Event{
			HostID: "h", Kind: event.Unban, At: noon.Add(123456 * time.Microsecond), Jail: "sshd", Address: "<b>'\"\x1b[31m", BannedAt: noon,
			BanSeconds: event.Permanent, BanCount: 2, Failures: 5, Restored: true, Origin: event.ByHand, Actor: "ada", Reason: "ü\n",
			EndReason: event.Expired, State: "online", Detail: "d", Count: 3,
		}
		want.ID, _ = insert(t, db, want)
		got, err := db.EventsAfter(t.Context(), 0, 10)
		if diff := cmp.Diff([]event.Event{want}, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
}

func TestEvents_TheSameIsStoredOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := withHost(t, fresh())
		e := event.Event{HostID: "h", Kind: event.Host, At: noon, State: "online"}
		if _, isNew := insert(t, db, e); !isNew {
			t.Error("the first is not new")
		}
		if id, isNew := insert(t, db, e); isNew {
			t.Errorf("stored twice, as %d", id)
		}
		for _, other := range []event.Event{
			{HostID: "h", Kind: event.Host, At: noon, State: "degraded"},
			{HostID: "h", Kind: event.Host, At: noon.Add(time.Microsecond), State: "online"},
			{HostID: "h", Kind: event.Jail, At: noon, State: "online"},
			{HostID: "h", Kind: event.Jail, At: noon, Jail: "a", Address: "bc"},
			{HostID: "h", Kind: event.Jail, At: noon, Jail: "ab", Address: "c"},
		} {
			if _, isNew := insert(t, db, other); !isNew {
				t.Errorf("%+v counts as the same", other)
			}
		}
	})
}

func TestEvents_OnlyTheNewestAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := withHost(t, fresh())
		at := func(i int) event.Event {
			return event.Event{HostID: "h", Kind: event.Notice, At: noon.Add(time.Duration(i) * time.Second)}
		}
		if oldest, newest, err := db.EventRange(t.Context()); oldest != 0 || newest != 0 || err != nil {
			t.Errorf("none: %d to %d, %v", oldest, newest, err)
		}
		for i := range 3 {
			insert(t, db, at(i))
		}
		if _, err := db.write.ExecContext(t.Context(), map[string]string{
			sqliteEngine:   "UPDATE sqlite_sequence SET seq = $1 WHERE name = 'event'",
			postgresEngine: "SELECT setval('event_id_seq', $1)",
		}[db.dialect.name], keepEvents+1); err != nil {
			t.Fatal(err)
		}
		insert(t, db, at(3))
		insert(t, db, at(4))
		oldest, newest, err := db.EventRange(t.Context())
		if oldest != keepEvents+2 || newest != keepEvents+3 || err != nil {
			// Ids 1 to 3 are below the newest minus what is kept.
			t.Errorf("%d to %d, %v", oldest, newest, err)
		}
		last, err := db.LastEvents(t.Context(), 1)
		if err != nil || len(last) != 1 || last[0].ID != newest {
			t.Errorf("%+v, %v", last, err)
		}
		// Ids are never used again, even when the newest is deleted.
		if _, err := db.write.ExecContext(t.Context(), "DELETE FROM event"); err != nil {
			t.Fatal(err)
		}
		if id, _ := insert(t, db, at(5)); id != newest+1 {
			t.Errorf("id %d after %d", id, newest)
		}
	})
}

func TestHosts(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := withHost(t, fresh())
		ctx := t.Context()
		if err := db.EnsureHost(ctx, "g", "another"); err != nil {
			t.Fatal(err)
		}
		if err := db.EnsureHost(ctx, "h", "second name"); err != nil {
			t.Fatal(err)
		}
		want := []Host{{ID: "g", Name: "another", CreatedAt: noon}, {ID: "h", Name: "second name", CreatedAt: noon}}
		got, err := db.ListHosts(ctx)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if h, err := db.HostByID(ctx, "h"); err != nil || h != want[1] {
			t.Errorf("%+v, %v", h, err)
		}
		if _, err := db.HostByID(ctx, "nobody"); !fault.Is(err, fault.HostNotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestIntents(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := withHost(t, fresh())
		ctx := t.Context()
		intent := func(address string, kind event.Kind, reason string, asked time.Time) history.Intent {
			return history.Intent{HostID: "h", Jail: "sshd", Address: address, Kind: kind, Actor: "ada", Reason: reason, AskedAt: asked}
		}
		put := func(before time.Time, all ...history.Intent) {
			t.Helper()
			if err := db.PutIntents(ctx, all, before); err != nil {
				t.Fatal(err)
			}
		}
		take := func(address string, kind event.Kind, from, to time.Time) (got history.Intent, ok bool) {
			t.Helper()
			err := db.Tx(ctx, func(tx *Tx) (err error) {
				got, ok, err = tx.TakeIntent(ctx, history.Subject{HostID: "h", Jail: "sshd", Address: address}, kind, from, to)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return got, ok
		}
		hour := time.Hour
		put(noon.Add(-hour), intent("a", event.Ban, "first", noon), intent("a", event.Unban, "end", noon), intent("b", event.Ban, "", noon))
		put(noon.Add(-hour), intent("a", event.Ban, "second", noon.Add(time.Second)))
		for what, ok := range map[string]bool{
			"too old":   second(take("b", event.Ban, noon.Add(time.Second), noon.Add(hour))),
			"too young": second(take("b", event.Ban, noon.Add(-hour), noon.Add(-time.Second))),
			"other id":  second(take("c", event.Ban, noon.Add(-hour), noon.Add(hour))),
		} {
			if ok {
				t.Errorf("%s was taken", what)
			}
		}
		got, ok := take("a", event.Ban, noon.Add(-hour), noon.Add(hour))
		if diff := cmp.Diff(intent("a", event.Ban, "second", noon.Add(time.Second)), got); diff != "" || !ok {
			t.Error(ok, diff)
		}
		if _, ok := take("a", event.Ban, noon.Add(-hour), noon.Add(hour)); ok {
			t.Error("taken twice")
		}
		put(noon.Add(-hour), intent("d", event.Unban, "", noon), intent("e", event.Unban, "", noon))
		if err := db.DropIntents(ctx, []history.Intent{intent("d", event.Unban, "", noon), intent("e", event.Unban, "", noon.Add(-time.Second))}); err != nil {
			t.Fatal(err)
		}
		if _, ok := take("d", event.Unban, noon.Add(-hour), noon.Add(hour)); ok {
			t.Error("what was dropped was taken")
		}
		if _, ok := take("e", event.Unban, noon.Add(-hour), noon.Add(hour)); !ok {
			t.Error("what was put anew was dropped as well")
		}
		put(noon.Add(hour)) // forgets
		if _, ok := take("a", event.Unban, noon.Add(-hour), noon.Add(hour)); ok {
			t.Error("what was forgotten was taken")
		}
	})
}

func second[T any](_ T, ok bool) bool { return ok }
