package store

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"bangui/internal/history"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is counted of some days is the same whether it is read by days or by spans of them,
// for each counter and however the time lies.
func TestTally_SpansSayWhatDaysDo(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		const number, days = 400, 300
		r := rand.New(rand.NewPCG(3, 3))
		var all []history.Ban
		if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
			t.Fatal(err)
		}
		err := db.Update(t.Context(), func(tx history.Tx) error {
			all = nil
			for n := range number {
				b := history.Ban{
					HostID: "h", Jail: []string{"sshd", "web"}[r.IntN(2)], Address: "user " + strconv.Itoa(n), BannedAt: time.Unix(int64(r.IntN(days*86400)), 0).UTC(),
					BanSeconds: -1, Origin: "fail2ban", Whereabouts: history.Whereabouts{Country: []string{"NL", "DE", "FR"}[r.IntN(3)], ASN: int64(r.IntN(4)), Network: "a network"},
				}
				all = append(all, b)
				if _, err := tx.InsertBan(t.Context(), b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			tally := history.Tally{From: int64(rapid.IntRange(0, days).Draw(rt, "from"))}
			tally.To = tally.From + int64(rapid.IntRange(0, days).Draw(rt, "days"))
			tally.By = rapid.SampledFrom([]history.By{history.ByNetwork, history.ByCountry, history.ByJail}).Draw(rt, "by")
			if tally.Country = tally.By != history.ByNetwork; tally.Country {
				tally.Scope.Jail = rapid.SampledFrom([]string{"", "web"}).Draw(rt, "jail")
				tally.Scope.Country = rapid.SampledFrom([]string{"", "NL"}).Draw(rt, "country")
			}
			sums, total := plainly(all, tally)
			if n, err := db.CountTally(rt.Context(), tally); err != nil || n != total {
				rt.Errorf("%d in all, %v, want %d", n, err, total)
			}
			top, err := db.TopTally(rt.Context(), tally, number)
			got := map[string]int64{}
			for _, c := range top {
				got[c.Key] = c.Bans
			}
			if diff := gocmp.Diff(sums, got); err != nil || diff != "" {
				rt.Errorf("%v, parts (-plain +counted):\n%s", err, diff)
			}
			if !slices.IsSortedFunc(top, func(a, b history.Counted) int { return cmp.Compare(b.Bans, a.Bans) }) {
				rt.Errorf("the largest is not first: %+v", top)
			}
			of, err := db.TallyOf(rt.Context(), tally, []string{"1"})
			if tally.By == history.ByNetwork && (err != nil || of["1"] != sums["1"]) {
				rt.Errorf("%d of network 1, %v, want %d", of["1"], err, sums["1"])
			}
		})
	})
}

// plainly counts bans one by one.
func plainly(all []history.Ban, t history.Tally) (sums map[string]int64, total int64) {
	sums = map[string]int64{}
	for _, b := range all {
		on := micros(b.BannedAt) / day
		if on < t.From || on >= t.To || t.Scope.Jail != "" && b.Jail != t.Scope.Jail || t.Scope.Country != "" && b.Country != t.Scope.Country {
			continue
		}
		total++
		sums[map[history.By]string{history.ByNetwork: strconv.FormatInt(b.ASN, 10), history.ByCountry: b.Country, history.ByJail: b.Jail}[t.By]]++
	}
	return sums, total
}
