package store

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bangui/internal/history"
)

// A network finds the same bans whichever index leads to them.
func TestWithin_EachLaneFindsTheSame(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
			t.Fatal(err)
		}
		err := db.Update(t.Context(), func(tx history.Tx) error {
			for n, address := range []string{"10.0.0.1", "10.1.0.0/16", "10.0.0.0/7", "11.0.0.1", "a00::1", "::a00:1", "user"} {
				b := history.Ban{HostID: "h", Jail: "sshd", Address: address, BannedAt: time.Unix(int64(n), 0), BanSeconds: -1, Origin: "fail2ban"}
				if _, err := tx.InsertBan(t.Context(), b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for network, want := range map[string]string{"10.0.0.0/8": "10.1.0.0/16 10.0.0.1", "::/0": "::a00:1 a00::1", "10.1.0.0/16": "10.1.0.0/16", "10.0.0.0/20": "10.0.0.1", "a00::/32": "a00::1", "0.0.0.0/0": "11.0.0.1 10.0.0.0/7 10.1.0.0/16 10.0.0.1"} {
			q := history.Query{State: history.All, Inside: netip.MustParsePrefix(network)}
			for _, l := range append(lanesOf(q), lane{columns: []string{"ip"}, whole: true}) {
				w := db.dialect.within(q, l, history.Place{})
				found, err := collect(t.Context(), db.read, scanOne[string], "SELECT identifier"+w.from(10), w.args...)
				if got := strings.Join(found, " "); got != want || err != nil {
					t.Errorf("%s (by %v, block %v): %s, %v", network, l.columns, l.block, fmt.Sprintf("%q", got), err)
				}
			}
		}
	})
}
