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
func TestWhere_WideAndNarrow(t *testing.T) {
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
		for network, want := range map[string]string{"10.0.0.0/8": "10.1.0.0/16 10.0.0.1", "::/0": "::a00:1 a00::1", "0.0.0.0/0": "11.0.0.1 10.0.0.0/7 10.1.0.0/16 10.0.0.1"} {
			for _, wide := range []bool{false, true} {
				w := where(history.Query{Inside: netip.MustParsePrefix(network)}, wide)
				found, err := collect(t.Context(), db.read, scanOne[string], "SELECT identifier FROM ban"+w.sql()+" ORDER BY banned_at DESC LIMIT 10", w.args...)
				if got := strings.Join(found, " "); got != want || err != nil {
					t.Errorf("%s (wide %v): %s, %v", network, wide, fmt.Sprintf("%q", got), err)
				}
			}
		}
	})
}
