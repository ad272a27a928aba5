package audit_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/audit"
	"bangui/internal/fault"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is a trail over a real store, with a clock that the test moves.
type desk struct {
	*audit.Trail
	t  *testing.T
	at store.Options // where the store is
	db *store.DB

	mu    sync.Mutex
	clock time.Time
}

// both runs a test on each engine. Each call of open gives an empty audit.
func both(t *testing.T, test func(t *testing.T, open func(t *testing.T) *desk)) {
	t.Helper()
	bothWith(t, 0, test)
}

// bothWith is both, but each call of open gives an audit of n plain entries.
func bothWith(t *testing.T, n int, test func(t *testing.T, open func(t *testing.T) *desk)) {
	t.Helper()
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			test(t, func(t *testing.T) *desk {
				t.Helper()
				return open(t, storetest.Prepared(t, engine, fmt.Sprint("audit_", n), func(db *store.DB) error {
					_, err := db.AppendAudit(context.Background(), plain(n))
					return err
				}))
			})
		})
	}
}

func open(t *testing.T, at store.Options) *desk {
	t.Helper()
	d := &desk{t: t, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	at.Logger, at.Now = slog.New(slog.DiscardHandler), d.now
	d.at, d.db = at, opened(t, at)
	d.Trail = audit.New(audit.Options{Store: d.db, Logger: slog.New(slog.DiscardHandler), Now: d.now})
	return d
}

func opened(t *testing.T, at store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *desk) pass(span time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(span)
}

func (d *desk) record(entries ...audit.Entry) {
	d.t.Helper()
	for _, e := range entries {
		if err := d.Record(d.t.Context(), e); err != nil {
			d.t.Fatal(err)
		}
	}
}

// many records n plain entries in one transaction.
func (d *desk) many(n int) {
	d.t.Helper()
	if _, err := d.db.AppendAudit(d.t.Context(), plain(n)); err != nil {
		d.t.Fatal(err)
	}
}

// plain are n entries of a user.
func plain(n int) []audit.Entry {
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = done(fmt.Sprintf("thing %d", i))
	}
	return entries
}

func (d *desk) list(q audit.Query) []audit.Entry {
	d.t.Helper()
	if q.Limit == 0 {
		q.Limit = audit.MaxLimit
	}
	all, err := d.Entries(d.t.Context(), q)
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func (d *desk) verify() audit.Verdict {
	d.t.Helper()
	v, err := d.Verify(d.t.Context(), 0, 1_000_000)
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// raw writes to the database as somebody would who has the rights of its owner. The
// statements are SQLite's.
func (d *desk) raw(statements ...string) error {
	d.t.Helper()
	driver, place, words := "sqlite", d.at.Path, strings.NewReplacer()
	if d.at.Postgres != "" {
		driver, place = "pgx", d.at.Postgres
		words = strings.NewReplacer(
			"DROP TRIGGER audit_chain_update", "DROP TRIGGER audit_chain_update ON audit_chain",
			"DROP TRIGGER audit_update", "DROP TRIGGER audit_update ON audit", "DROP TRIGGER audit_delete", "DROP TRIGGER audit_delete ON audit",
			"zeroblob(32)", "decode(repeat('00', 32), 'hex')",
			"CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'a secret of the engine'); END", "ALTER TABLE audit ADD CONSTRAINT secret CHECK (id < 0)",
		)
	}
	db, err := sql.Open(driver, place)
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(d.t.Context(), words.Replace(s)); err != nil {
			return err
		}
	}
	return nil
}

func done(target string) audit.Entry {
	return audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "ban.create", Target: target, Outcome: audit.OK}
}

func stranger(address string) audit.Entry {
	return audit.Entry{
		Actor: audit.Actor{Kind: audit.Anonymous}, Address: netip.MustParseAddr(address), Action: "auth.login", Target: "root",
		Outcome: audit.Refused, Code: fault.CredentialsWrong,
	}
}

// What is recorded comes back as it was given, whatever its text is.
func TestRecord_KeepsEverything(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		hostile := "\x1b]0;owned\a\u202e<script>alert(1)</script>\r\n'; DROP TABLE audit; -- =cmd|' /C calc'!A0"
		e := audit.Entry{
			At: d.now().Add(-time.Second), Actor: audit.Actor{Kind: audit.Token, Name: hostile}, Address: netip.MustParseAddr("2001:db8::7"),
			Action: "jail.stop", Target: hostile, Outcome: audit.Failed, Code: fault.Fail2banTimeout, Detail: hostile, Before: hostile, After: hostile,
			Count: 3, RequestID: "abc",
		}
		d.record(e)
		e.ID = 1
		if diff := cmp.Diff([]audit.Entry{e}, d.list(audit.Query{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Error(diff)
		}
		if v := d.verify(); !v.OK() || v.Checked != 1 {
			t.Errorf("%+v", v)
		}
	})
}

// Text that no engine takes as it is, or without a bound, is made storable.
func TestRecord_BoundsText(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		long := strings.Repeat("ä", 50_000) // two bytes each
		d.record(audit.Entry{
			Actor: audit.Actor{Kind: audit.User, Name: long}, Action: long, Target: "a\x00b\xff", Outcome: audit.OK, Detail: long, Before: long, After: long, RequestID: long,
		})
		e := d.list(audit.Query{})[0]
		if e.Target != "a�b�" {
			t.Errorf("target %q", e.Target)
		}
		for name, text := range map[string]string{"actor": e.Actor.Name, "action": e.Action, "detail": e.Detail, "before": e.Before, "after": e.After, "request": e.RequestID} {
			if len(text) > 64<<10 || !strings.HasSuffix(text, "… (100000 bytes in all)") {
				t.Errorf("%s: %d bytes, …%q", name, len(text), text[max(0, len(text)-30):])
			}
		}
		if v := d.verify(); !v.OK() {
			t.Errorf("%+v", v)
		}
	})
}

// Statements that change what was recorded are refused by the database itself.
func TestStore_RefusesChanges(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		d.many(3)
		for name, statement := range map[string]string{
			"Update":         "UPDATE audit SET actor = 'somebody else' WHERE id = 2",
			"UpdateAll":      "UPDATE audit SET times = 1",
			"Delete":         "DELETE FROM audit WHERE id = 2",
			"DeleteAll":      "DELETE FROM audit",
			"Truncate":       "TRUNCATE audit", // SQLite has no such statement
			"Replace":        "REPLACE INTO audit SELECT id, at, actor_kind, 'x', address, action, target, outcome, code, detail, value_before, value_after, times, began_id, request_id, hash FROM audit WHERE id = 2",
			"Upsert":         "INSERT INTO audit SELECT * FROM audit WHERE id = 2 ON CONFLICT (id) DO UPDATE SET actor = 'x'",
			"InsertBeyond":   "INSERT INTO audit SELECT 99, at, actor_kind, actor, address, action, target, outcome, code, detail, value_before, value_after, times, began_id, request_id, hash FROM audit WHERE id = 2",
			"ShorterChain":   "UPDATE audit_chain SET head_id = 2",
			"AnchorTooFar":   "UPDATE audit_chain SET anchor_id = 4",
			"DeleteChain":    "DELETE FROM audit_chain",
			"SecondChain":    "INSERT INTO audit_chain VALUES (2, 0, '', 0, '')",
			"AnchorBackward": "UPDATE audit_chain SET anchor_id = -1",
		} {
			if err := d.raw(statement); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
		if v := d.verify(); !v.OK() || v.Checked != 3 {
			t.Errorf("%+v", v)
		}
	})
}

// Whoever drops the triggers first is found by the chain.
func TestVerify_FindsTampering(t *testing.T) {
	bothWith(t, 1200, func(t *testing.T, open func(t *testing.T) *desk) {
		const off = "DROP TRIGGER audit_update"
		for name, c := range map[string]struct {
			statements []string
			bad        int64
		}{
			"Actor":        {[]string{off, "UPDATE audit SET actor = 'berta' WHERE id = 700"}, 700},
			"Time":         {[]string{off, "UPDATE audit SET at = at + 1 WHERE id = 1"}, 1},
			"Moved":        {[]string{off, "UPDATE audit SET detail = target, target = '' WHERE id = 900"}, 900},
			"Began":        {[]string{off, "UPDATE audit SET began_id = 3 WHERE id = 5"}, 5},
			"Last":         {[]string{off, "UPDATE audit SET outcome = 'ok', detail = 'x' WHERE id = 1200"}, 1200},
			"Hash":         {[]string{off, "UPDATE audit SET hash = zeroblob(32) WHERE id = 600"}, 600},
			"BadAddress":   {[]string{off, "UPDATE audit SET address = 'nowhere at all' WHERE id = 600"}, 600},
			"Missing":      {[]string{"DROP TRIGGER audit_delete", "DELETE FROM audit WHERE id = 500"}, 500},
			"FirstMissing": {[]string{"DROP TRIGGER audit_delete", "DELETE FROM audit WHERE id = 1"}, 1},
			"TailMissing":  {[]string{"DROP TRIGGER audit_delete", "DELETE FROM audit WHERE id > 1150"}, 1151},
			"AllMissing":   {[]string{"DROP TRIGGER audit_delete", "DELETE FROM audit"}, 1},
			"TailForgotten": {[]string{
				"DROP TRIGGER audit_delete", "DROP TRIGGER audit_chain_update", "DELETE FROM audit WHERE id = 1200", "UPDATE audit_chain SET head_id = 1199",
			}, 1199},
			"BeginningForgotten": {[]string{
				"UPDATE audit_chain SET anchor_id = 100, anchor_hash = (SELECT hash FROM audit WHERE id = 100)", "DELETE FROM audit WHERE id <= 100",
			}, 101},
		} {
			t.Run(name, func(t *testing.T) {
				d := open(t)
				if err := d.raw(c.statements...); err != nil {
					t.Fatal(err)
				}
				if v := d.verify(); v.FirstBad != c.bad || (c.bad > 0) != (v.Why != "") {
					t.Errorf("first bad is %d (%s), want %d", v.FirstBad, v.Why, c.bad)
				}
			})
		}
	})
}

func TestVerify_InSteps(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		d.many(1234)
		after, sum := int64(0), 0
		for {
			v, err := d.Verify(t.Context(), after, 100)
			if err != nil || !v.OK() || v.Checked > 100 {
				t.Fatalf("%+v, %v", v, err)
			}
			sum += v.Checked
			if after = v.Next; after == 0 {
				break
			}
		}
		if sum != 1234 {
			t.Errorf("%d were checked", sum)
		}
		if _, err := d.Verify(t.Context(), 9999, 100); !fault.Is(err, fault.NotFound) {
			t.Errorf("from an entry that is not there: %v", err)
		}
		if v := open(t).verify(); !v.OK() || v.Checked != 0 {
			t.Errorf("an empty audit: %+v", v)
		}
	})
}

// Many writers at once, of two processes as it were, make one chain.
func TestRecord_ManyAtOnce(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		other := opened(t, d.at)
		const writers, each = 8, 25
		var all sync.WaitGroup
		for w := range writers {
			db := d.db
			if w%2 == 0 {
				db = other
			}
			all.Go(func() {
				for n := range each {
					if _, err := db.AppendAudit(t.Context(), []audit.Entry{done(fmt.Sprint(w, n))}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if v := d.verify(); !v.OK() || v.Checked != writers*each {
			t.Errorf("%+v", v)
		}
	})
}

// The clean-up leaves a chain that can be checked, records itself, and takes nothing that
// is young.
func TestTrim_LeavesTheChainWhole(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		d.many(4500)
		d.pass(300 * 24 * time.Hour)
		d.many(10)
		if _, err := d.Trim(t.Context()); err != nil {
			t.Error(err)
		}
		if v := d.verify(); !v.OK() || v.Checked != 4510 {
			t.Fatalf("too early: %+v", v)
		}
		d.pass(66 * 24 * time.Hour)
		if _, err := d.Trim(t.Context()); err != nil {
			t.Error(err)
		}
		v := d.verify()
		if !v.OK() || v.Ends.Anchor.ID != 4500 || v.Checked != 13 {
			t.Fatalf("%+v", v)
		}
		trims := d.list(audit.Query{Action: "audit.trim"})
		if len(trims) != 3 || trims[0].After != "removed up to entry 4500" || trims[0].Actor != audit.Bangui() || !strings.Contains(trims[0].Detail, "500 entries older than 365 days") {
			t.Errorf("%+v", trims)
		}
		d.many(1)
		if v := d.verify(); !v.OK() || v.Checked != 14 {
			t.Errorf("%+v", v)
		}
		if left := d.list(audit.Query{}); left[len(left)-1].ID != 4501 {
			t.Errorf("the oldest is %d", left[len(left)-1].ID)
		}
	})
}

// A check that is under way while the clean-up removes what it was to read goes on.
func TestVerify_WhileTrimming(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		d.many(1000)
		d.pass(400 * 24 * time.Hour)
		d.many(10)
		v, err := d.Verify(t.Context(), 0, 100)
		if err != nil || v.Next != 100 {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := d.Trim(t.Context()); err != nil {
			t.Error(err)
		}
		if v, err = d.Verify(t.Context(), v.Next, 10_000); err != nil || !v.OK() || v.Checked != 11 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestEntries_Filters(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		began, err := d.Begin(t.Context(), audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "jail.stop", Target: "sshd"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Begin(t.Context(), audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "jail.start", Target: "lost"}); err != nil {
			t.Fatal(err)
		}
		d.pass(time.Hour)
		d.record(
			audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "jail.stop", Target: "sshd", Outcome: audit.OK, BeganID: began},
			audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "berta"}, Action: "ban.create", Outcome: audit.Failed},
			audit.Entry{Actor: audit.Actor{Kind: audit.CLI, Name: "root"}, Action: "banana", Outcome: audit.OK},
			audit.Entry{Actor: audit.Actor{Kind: audit.CLI, Name: "root"}, Action: "ban_create", Outcome: audit.OK},
		)
		hour := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
		for name, c := range map[string]struct {
			query audit.Query
			want  []int64
		}{
			"All":        {audit.Query{}, []int64{6, 5, 4, 3, 2}}, // what was begun is left out when it has ended
			"Actor":      {audit.Query{Actor: "anna"}, []int64{3, 2}},
			"Action":     {audit.Query{Action: "jail.stop"}, []int64{3}},
			"Group":      {audit.Query{Action: "ban"}, []int64{4}},
			"Underscore": {audit.Query{Action: "ban_create"}, []int64{6}},
			"Percent":    {audit.Query{Action: "%"}, nil},
			"Open":       {audit.Query{Outcome: audit.Begun}, []int64{2}},
			"Outcome":    {audit.Query{Outcome: audit.Failed}, []int64{4}},
			"Since":      {audit.Query{Since: hour}, []int64{6, 5, 4, 3}},
			"Until":      {audit.Query{Until: hour}, []int64{2}},
			"Before":     {audit.Query{Before: 4}, []int64{3, 2}},
			"Limit":      {audit.Query{Limit: 2}, []int64{6, 5}},
			"Injection":  {audit.Query{Actor: "' OR 1=1 --"}, nil},
		} {
			var got []int64
			for _, e := range d.list(c.query) {
				got = append(got, e.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// Ten thousand refusals from a thousand sources cost a few entries, and none is lost from
// the count.
func TestRefusals_AreSummedUp(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		const sources, each = 1000, 10
		for n := range each {
			for s := range sources {
				e := stranger(fmt.Sprintf("198.51.%d.%d", s/250, s%250+1))
				e.Target = fmt.Sprintf("user %d", n)
				d.record(e)
			}
		}
		d.record(audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "user.create", Outcome: audit.Refused, Code: fault.NotAllowed})
		d.Flush(t.Context())
		all := d.list(audit.Query{Outcome: audit.Refused})
		sum := 0
		for _, e := range all {
			sum += e.Count
		}
		if len(all) != 20+20+1+1 || sum != sources*each+1 {
			t.Fatalf("%d entries for %d refusals", len(all), sum)
		}
		insider := all[len(all)-21] // after the 20 first ones
		if !strings.HasPrefix(all[0].Detail, "9800 more from other addresses between 12:00:00 and 12:00:00: 9800 × auth.login credentials_wrong; among the targets: user 0, user 1") {
			t.Errorf("%+v", all[0])
		}
		if insider.Actor.Name != "anna" || insider.Count != 1 {
			t.Errorf("what an insider was refused is hidden: %+v", insider)
		}
		if all[len(all)-1].Count != 1 || all[len(all)-1].Target != "user 0" {
			t.Errorf("the first is not told by itself: %+v", all[len(all)-1])
		}
		d.Flush(t.Context())
		if again := d.list(audit.Query{Outcome: audit.Refused}); len(again) != len(all) {
			t.Error("a sum is recorded twice")
		}
	})
}

// A /64 is one stranger; what its refusals do not share is left out of the sum.
func TestRefusals_SumWhatTheyShare(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		for n := range 5 {
			e := stranger(fmt.Sprintf("2001:db8::%d", n+1))
			if n == 3 {
				e.Action, e.Code = "ban.create", fault.NotSignedIn
			}
			d.record(e)
		}
		d.pass(time.Minute)
		d.record(stranger("2001:db8::1")) // the minute is over: this one is the first of the next
		all := d.list(audit.Query{})
		if len(all) != 3 {
			t.Fatalf("%+v", all)
		}
		sum := all[1]
		if sum.Count != 4 || sum.Action != "several" || sum.Code != "" || sum.Address.IsValid() || sum.Target != "root" ||
			!strings.Contains(sum.Detail, "4 more from 2001:db8::/64") || !strings.Contains(sum.Detail, "3 × auth.login credentials_wrong, 1 × ban.create not_signed_in") {
			t.Errorf("%+v", sum)
		}
	})
}

// What is not a refusal is never summed up, and what ended something begun neither.
func TestRecord_EachChangeByItself(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		began, err := d.Begin(t.Context(), done("x"))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			d.record(done("x"), audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "ban.create", Outcome: audit.Failed})
		}
		d.record(audit.Entry{Actor: audit.Actor{Kind: audit.Anonymous}, Action: "x", Outcome: audit.Refused, BeganID: began})
		if n := len(d.list(audit.Query{})); n != 11 {
			t.Errorf("%d entries", n)
		}
	})
}

// Run stores what it counted when it ends.
func TestRun_StoresTheLastRefusals(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		for range 3 {
			d.record(stranger("192.0.2.1"))
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			d.Run(ctx)
			close(done)
		}()
		cancel()
		<-done
		if all := d.list(audit.Query{}); len(all) != 2 || all[0].Count != 2 {
			t.Errorf("%+v", all)
		}
	})
}

// An audit that can't be written says that nothing was done, why, and how to mend it.
func TestRecord_Unwritable(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		if err := d.raw("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'a secret of the engine'); END"); err != nil {
			t.Fatal(err)
		}
		_, err := d.Begin(t.Context(), done("x"))
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.MessageOf(err), "nothing was done") || fault.MendOf(err) == "" || strings.Contains(fault.MessageOf(err), "secret") {
			t.Errorf("%v: %s, %s", err, fault.MessageOf(err), fault.MendOf(err))
		}
		if v := d.verify(); !v.OK() || v.Checked != 0 || v.Ends.Head.ID != 0 {
			t.Errorf("half of it is there: %+v", v)
		}
		if err := d.db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Record(t.Context(), done("x")); err == nil {
			t.Error("recorded in a closed database")
		}
	})
}

// A change and its entry are both there, or neither.
func TestPending_GoesWithTheChange(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		change := func(p *audit.Pending, fail error) error {
			ctx := audit.With(t.Context(), p)
			return d.db.Tx(ctx, func(tx *store.Tx) error { return errors.Join(tx.Audited(ctx, ""), fail) })
		}
		broken := &audit.Pending{Entry: done("broken")}
		if err := change(broken, errors.New("too late")); err == nil || broken.Written() || len(d.list(audit.Query{})) != 0 {
			t.Errorf("%v; written: %v", err, broken.Written())
		}
		made := &audit.Pending{Entry: done("made")}
		for range 2 { // a second transaction of the same request is not a second change
			if err := change(made, nil); err != nil || !made.Written() {
				t.Errorf("%v; written: %v", err, made.Written())
			}
		}
		all := d.list(audit.Query{})
		if len(all) != 1 || all[0].Target != "made" || all[0].Outcome != audit.OK {
			t.Errorf("%+v", all)
		}
		if err := d.db.Tx(t.Context(), func(tx *store.Tx) error { return tx.Audited(t.Context(), "") }); err != nil || len(d.list(audit.Query{})) != 1 {
			t.Errorf("a change that nobody asked to record: %v", err)
		}
	})
}

// The audit's order is that of its moments, also where sums were recorded after others;
// among sums, what ended first comes first.
func TestRefusals_KeepTheOrderOfTime(t *testing.T) {
	both(t, func(t *testing.T, open func(t *testing.T) *desk) {
		d := open(t)
		for _, address := range []string{"198.51.100.9", "198.51.100.1"} { // not in the order of their names
			d.record(stranger(address), stranger(address))
			d.pass(10 * time.Second)
		}
		d.record(audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "jail.stop", Outcome: audit.OK})
		d.pass(10 * time.Second)
		d.Flush(t.Context())
		all := d.list(audit.Query{})
		if len(all) != 5 || !strings.Contains(all[0].Detail, "198.51.100.1 ") || !strings.Contains(all[1].Detail, "198.51.100.9 between 12:00:00 and 12:00:00") {
			t.Fatalf("%+v", all)
		}
		for i := 1; i < len(all); i++ { // newest first
			if all[i].At.After(all[i-1].At) {
				t.Errorf("entry %d of %s stands after one of %s", all[i-1].ID, all[i-1].At, all[i].At)
			}
		}
	})
}
