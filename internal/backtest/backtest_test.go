package backtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"bangui/internal/backtest"

	"github.com/google/go-cmp/cmp"
)

// played is one case for fail2ban's own classes and for ours.
type played struct {
	MaxRetry int               `json:"max_retry"`
	FindTime int               `json:"find_time"`
	BanTime  int               `json:"ban_time"`
	Extra    map[string]string `json:"extra"`
	Ignored  []string          `json:"ignored"`
	Failures [][3]any          `json:"failures"`

	settings backtest.Settings
	failures []backtest.Failure
	ids      int
}

func address(i int) string { return fmt.Sprintf("198.51.100.%d", i+1) }

// randomCase has failures at and around the borders of findtime and bantime, and lines that come
// a little late.
func randomCase(d *rand.Rand) played {
	c := played{
		MaxRetry: 1 + d.IntN(6), FindTime: 10 + d.IntN(120), BanTime: 5 + d.IntN(300), Extra: map[string]string{}, Ignored: []string{address(0)}, ids: 2 + d.IntN(5),
	}
	if d.IntN(6) == 0 {
		c.BanTime = -1
	}
	c.settings = backtest.Settings{MaxRetry: c.MaxRetry, FindTime: float64(c.FindTime), BanTime: float64(c.BanTime), Ignored: func(id int) bool { return id == 0 }}
	if d.IntN(2) == 0 {
		c.increment(d)
	}
	at := 1_700_000_000
	for range 150 + d.IntN(150) {
		at += []int{0, 0, 0, 1, 1, 1, 2, 1 + d.IntN(5), 1 + d.IntN(9), c.FindTime / 2, c.FindTime - 1, c.FindTime, c.FindTime + 1, max(c.BanTime, 1), max(c.BanTime, 1) + 1}[d.IntN(15)]
		id := d.IntN(c.ids)
		late := max(0, d.IntN(12)-8)
		c.Failures = append(c.Failures, [3]any{address(id), at - late, at})
		c.failures = append(c.failures, backtest.Failure{ID: id, At: float64(at - late), Clock: float64(at)})
	}
	return c
}

func (c *played) increment(d *rand.Rand) {
	i := &backtest.Increment{Factor: 1}
	c.Extra["increment"], c.settings.Increment = "true", i
	if d.IntN(2) == 0 {
		i.Factor = []float64{0.5, 2, 1.5}[d.IntN(3)]
		c.Extra["factor"] = strconv.FormatFloat(i.Factor, 'f', -1, 64)
	}
	if d.IntN(2) == 0 {
		i.MaxTime = float64(50 + d.IntN(1000))
		c.Extra["maxtime"] = strconv.Itoa(int(i.MaxTime))
	}
	if d.IntN(3) == 0 {
		i.Multipliers = []float64{1, 2, 5}
		c.Extra["multipliers"] = "1 2 5"
	}
}

// oracle plays cases to fail2ban's own classes: the bans of each as (address, time, seconds).
func oracle(t *testing.T, cases []played) [][][3]any {
	t.Helper()
	var in, said bytes.Buffer
	for _, c := range cases {
		if err := json.NewEncoder(&in).Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "testdata/oracle.py")
	cmd.Stdin, cmd.Stderr = &in, &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, said.String())
	}
	var all [][][3]any
	for line := range bytes.Lines(out) {
		var bans [][3]any
		if err := json.Unmarshal(line, &bans); err != nil {
			t.Fatal(err)
		}
		all = append(all, bans)
	}
	if len(all) != len(cases) {
		t.Fatalf("%d answers to %d cases", len(all), len(cases))
	}
	return all
}

// Whom we ban, when and for how long is what fail2ban's own classes do with the same
// failures: counters that age, bans that end, grow and are made longer, late lines.
func TestRun_BansAsFail2bansOwnClasses(t *testing.T) {
	d := rand.New(rand.NewPCG(6, 6))
	cases := make([]played, 100)
	for i := range cases {
		cases[i] = randomCase(d)
	}
	bans := 0
	for i, want := range oracle(t, cases) {
		c := cases[i]
		out := backtest.Run(c.failures, c.ids, c.settings)
		got := [][3]any{}
		for id, a := range out.Addresses {
			for _, b := range a.Bans {
				got = append(got, [3]any{address(id), b.At, b.Seconds})
			}
		}
		order := func(a, b [3]any) int {
			if n := int(a[1].(float64) - b[1].(float64)); n != 0 {
				return n
			}
			return bytes.Compare([]byte(a[0].(string)), []byte(b[0].(string)))
		}
		slices.SortStableFunc(got, order)
		slices.SortStableFunc(want, order)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("case %d (%+v, extra %v): fail2ban -, ours +\n%s", i, c.settings, c.Extra, diff)
		}
		if out.Bans != len(want) {
			t.Errorf("case %d: %d bans are counted of %d", i, out.Bans, len(want))
		}
		bans += out.Bans
	}
	if bans < 1000 {
		t.Errorf("only %d bans in all cases", bans)
	}
}

func TestRun_CountsWhatAFirewallWouldHaveStopped(t *testing.T) {
	var failures []backtest.Failure
	for i := range 10 {
		failures = append(failures, backtest.Failure{At: float64(1000 + i), Clock: float64(1000 + i)})
	}
	failures = append(failures, backtest.Failure{ID: 1, At: 1005, Clock: 1009})
	out := backtest.Run(failures, 2, backtest.Settings{MaxRetry: 3, FindTime: 600, BanTime: 3600})
	a := out.Addresses[0]
	if len(a.Bans) != 1 || a.Bans[0].At != 1002 || a.Bans[0].Count != 1 || a.During != 7 || a.Failures != 10 || out.Most != 1 || out.Banned != 1 {
		t.Errorf("%+v, at once %d", a, out.Most)
	}
}

func TestIgnoring_TakesAddressesNetworksAndTexts(t *testing.T) {
	l := backtest.Ignoring{Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128")}, Texts: map[string]bool{"bob": true}}
	for id, want := range map[string]bool{"192.0.2.7": true, "192.0.3.7": false, "2001:db8::1": true, "2001:db8::2": false, "bob": true, "alice": false} {
		addr, _ := netip.ParseAddr(id)
		if l.Covers(id, addr) != want {
			t.Errorf("%s: %v", id, !want)
		}
	}
}

// A sweep counts the failures of a day again and again, so it must be quick.
func BenchmarkRun(b *testing.B) {
	d := rand.New(rand.NewPCG(1, 1))
	const n, ids = 100_000, 5000
	failures := make([]backtest.Failure, n)
	for i := range failures {
		failures[i] = backtest.Failure{ID: d.IntN(ids), At: float64(i), Clock: float64(i)}
	}
	for b.Loop() {
		backtest.Run(failures, ids, backtest.Settings{MaxRetry: 3, FindTime: 600, BanTime: 3600})
	}
}
