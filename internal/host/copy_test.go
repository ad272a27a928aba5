package host_test

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/history"
	"bangui/internal/store/storetest"

	_ "modernc.org/sqlite"
)

// database opens fail2ban's own database to write what fail2ban would have written.
func (b *bench) database() *sql.DB {
	b.t.Helper()
	db, err := sql.Open("sqlite", "file:"+b.server.Database()+"?_pragma=busy_timeout(10000)&_pragma=synchronous(0)")
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = db.Close() })
	return db
}

// banned has fail2ban's database say that bans of ten minutes began, evenly within 22 hours
// from a moment on, as the table of the last ban of each does too.
func (b *bench) banned(n int, from time.Time) {
	b.t.Helper()
	db := b.database()
	tx, err := db.Begin()
	if err != nil {
		b.t.Fatal(err)
	}
	defer tx.Rollback()
	for i := range n {
		data := fmt.Sprintf(`{"matches": ["Nov 23 14:34:00 host sshd[%d]: Failed password for root"], "failures": 5}`, i)
		_, err := tx.Exec("INSERT INTO bans (jail, ip, timeofban, bantime, bancount, data) VALUES ('sshd', ?, ?, 600, 2, CAST(? AS BLOB))",
			address(i), from.Unix()+int64(i)*int64(22*time.Hour/time.Second)/int64(n), data)
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.t.Fatal(err)
	}
}

func address(i int) string { return fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255) }

// lines are those of the one ban of an address.
func (b *bench) lines(address string) (history.Ban, []string) {
	b.t.Helper()
	bans, _, err := b.archive.Bans(b.t.Context(), history.Query{State: history.All, Identifier: address, Limit: 10})
	if err != nil || len(bans) != 1 {
		b.t.Fatalf("%s: %v, %v", address, bans, err)
	}
	lines, err := b.archive.Lines(b.t.Context(), bans[0])
	if err != nil {
		b.t.Fatal(err)
	}
	return bans[0], lines
}

func TestLocal_CopiesTheLogLines(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Fail("203.0.113.7", 3, "root")
	b.untilActive("sshd 203.0.113.7")
	b.until("its log lines are kept", func() bool { _, lines := b.lines("203.0.113.7"); return len(lines) == 3 })
	ban, lines := b.lines("203.0.113.7")
	if !strings.Contains(lines[0], "Failed password for root from 203.0.113.7") || ban.Failures != 3 || ban.Origin != event.ByFail2ban {
		t.Errorf("%+v: %q", ban, lines)
	}
	if n := b.events(event.Ban)["sshd 203.0.113.7"]; n != 1 {
		t.Errorf("told %d times", n)
	}
	// The number of its row is used again by the next ban.
	b.server.Client("set", "sshd", "unbanip", "203.0.113.7")
	b.untilActive()
	b.server.Fail("203.0.113.8", 4, "admin")
	b.untilActive("sshd 203.0.113.8")
	b.until("its log lines are kept too", func() bool { _, lines := b.lines("203.0.113.8"); return len(lines) >= 3 })
	if _, lines := b.lines("203.0.113.7"); len(lines) != 3 {
		t.Errorf("after its end: %q", lines)
	}
}

// The lines of a ban that is lifted as soon as it is told are kept: fail2ban has forgotten them
// by then.
func TestLocal_KeepsTheLinesOfWhatIsLiftedAtOnce(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	for n := range 5 {
		address := fmt.Sprintf("203.0.113.%d", n+1)
		b.server.Fail(address, 3, "root")
		b.untilActive("sshd " + address)
		b.server.Client("set", "sshd", "unbanip", address)
		b.untilActive()
		b.until("its log lines are kept", func() bool { _, lines := b.lines(address); return len(lines) == 3 })
	}
}

// missed is how many bans begin while the console is away; a release is held with 100,000.
var missed = flag.Int("missed", 600, "how many bans TestLocal_CopiesWhatItMissed has begin while the console is away")

// A console that was away for 23 hours gets all that fail2ban still has, once, also what
// has ended. The last of them are bans of the running server.
func TestLocal_CopiesWhatItMissed(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.9")
	b.untilActive("manual 203.0.113.9")
	b.stop()
	b.banned(*missed, time.Now().Add(-23*time.Hour))
	const last = 20
	standing := []string{"manual 203.0.113.9", "manual 203.0.113.10"}
	addresses := []string{"set", "manual", "banip"}
	for n := range last {
		addresses = append(addresses, fmt.Sprintf("198.51.100.%d", n))
		standing = append(standing, "manual "+addresses[3+n])
	}
	b.server.Client(addresses...)
	b.begin()
	began := time.Now()
	for deadline := began.Add(time.Minute + time.Duration(*missed)*10*time.Millisecond); b.ended() < *missed && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
	}
	t.Logf("%d bans were copied in %v", *missed, time.Since(began))
	b.stop()
	b.begin() // and again, from the mark on
	b.server.Client("set", "manual", "banip", "203.0.113.10")
	b.untilActive(standing...)
	b.expectOnce(*missed, standing)
	ban, lines := b.lines("10.0.0.77")
	if ban.EndReason != event.Expired || ban.BanCount != 2 || ban.Failures != 5 || !ban.EndedAt.Equal(ban.ExpiresAt()) || len(lines) != 1 || !strings.Contains(lines[0], "sshd[77]") {
		t.Errorf("%+v: %q", ban, lines)
	}
	if gaps, err := b.archive.Gaps(t.Context(), "", 10); err != nil || len(gaps) != 0 {
		t.Errorf("gaps: %v, %v", gaps, err)
	}
	if told := b.events(event.Ban); len(told) != len(standing) {
		t.Errorf("bans of the past are told: %v", told)
	}
}

// ended is how many bans of sshd were counted.
func (b *bench) ended() int {
	b.t.Helper()
	o, err := b.archive.Overview(b.t.Context(), history.Scope{Jail: "sshd", Since: time.Now().Add(-24 * time.Hour)})
	if err != nil {
		b.t.Fatal(err)
	}
	return int(o.Bans)
}

// expectOnce expects each ban that banned wrote, and those that stand, exactly once, and
// counters that say so.
func (b *bench) expectOnce(n int, standing []string) {
	b.t.Helper()
	there := map[string]int{}
	err := b.archive.Each(b.t.Context(), history.Query{State: history.All}, func(ban history.Ban) error {
		there[ban.Jail+" "+ban.Address]++
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for i := range n {
		standing = append(standing, "sshd "+address(i))
	}
	wrong := 0
	for _, ban := range standing {
		if there[ban] != 1 {
			wrong++
		}
	}
	if wrong > 0 || len(there) != len(standing) {
		b.t.Errorf("of %d bans %d are missing or there twice; %d are there", len(standing), wrong, len(there))
	}
	if c, err := b.archive.CheckCounters(b.t.Context()); err != nil || len(c.Differences) > 0 {
		b.t.Errorf("counters: %+v, %v", c.Differences, err)
	}
}

// What fail2ban forgot before it could be copied is a gap that everybody sees.
func TestLocal_SaysWhatFail2banForgot(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.9")
	b.untilActive("manual 203.0.113.9")
	var mark map[string]any
	b.until("the place is stored", func() bool {
		text, err := b.archive.MarkOf(t.Context(), storetest.HostID, "database")
		return err == nil && text != "" && json.Unmarshal([]byte(text), &mark) == nil
	})
	b.stop()
	away := time.Now().Add(-72 * time.Hour).Truncate(time.Second)
	mark["whole"] = away.Unix()
	text, err := json.Marshal(mark)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.archive.Record(t.Context(), nil, &history.Mark{HostID: storetest.HostID, Source: "database", Value: string(text)}); err != nil {
		t.Fatal(err)
	}
	b.begin()
	var gaps []history.Gap
	b.until("the gap is there", func() bool {
		gaps, err = b.archive.Gaps(t.Context(), storetest.HostID, 10)
		return err != nil || len(gaps) > 0
	})
	if err != nil || len(gaps) != 1 || !gaps[0].From.Equal(away) {
		t.Fatalf("gaps %+v, %v", gaps, err)
	}
	if to := time.Since(gaps[0].To); to < 24*time.Hour || to > 25*time.Hour || !strings.Contains(gaps[0].Why, "24h") {
		t.Errorf("gap %+v", gaps[0])
	}
}
