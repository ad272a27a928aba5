package api_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/api"
	"bangui/internal/host"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What is asked reaches the host as it was asked, with who asks and his address; what it
// answers is told with its rows.
func TestBacktest_AsksTheHost(t *testing.T) {
	d := openDesk(t)
	const path = "/api/v1/hosts/local/config/backtests"
	answer, body := d.send(scenario{method: "POST", path: path, body: `{"jail":"sshd","span_seconds":3600,"etag":"x",
		"edits":[{"place":"jail","name":"sshd","option":"maxretry","value":"3"}],"files":[{"name":"filter.d/sshd.local","content":"x"}],
		"sweep":{"max_retry":[2,3],"ban_seconds":[-1]}}`})
	if answer.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	text := func(s string) *string { return &s }
	want := []host.BacktestOrder{{
		Jail: "sshd", Span: time.Hour, Actor: "the-admin", Sweep: host.BacktestSweep{MaxRetry: []int{2, 3}, BanTime: []int64{-1}},
		Change: &host.ChangeOrder{
			ETag: "x", Edits: []host.Edit{{Place: "jail", Name: "sshd", Option: "maxretry", Value: text("3")}},
			Files: []host.FileEdit{{Name: "filter.d/sshd.local", Content: text("x")}},
		},
	}}
	if diff := cmp.Diff(want, d.host.backtests, cmpopts.IgnoreUnexported(host.ChangeOrder{}), cmpopts.IgnoreFields(host.BacktestOrder{}, "Protected"), cmp.Comparer(func(a, b allowlist.Entry) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	d.host.change(func() { d.host.backtested = doneBacktest() })
	_, body = d.send(scenario{method: "GET", path: path + "/one"})
	var got api.Backtest
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	r := got.Result
	if r == nil || got.State != "done" || r.After == nil || r.After.Bans != 2 || len(r.Addresses) != 1 || r.Addresses[0].After.Times[0].BanSeconds != -1 || *r.Addresses[0].Protected != "the office" || r.Sweep[0].MaxRetry != 2 || r.Notes[0].Code != "cut" {
		t.Errorf("%s", body)
	}
	for _, bad := range []string{`{}`, `{"jail":"sshd"}`, `{"jail":"sshd","span_seconds":1}`, `{"jail":"sshd","span_seconds":60,"sweep":{"max_retry":"2"}}`} {
		if answer, body := d.send(scenario{method: "POST", path: path, body: bad}); answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s %s", bad, answer.Status, body)
		}
	}
}

func doneBacktest() *host.Backtest {
	at := time.Unix(1_790_000_000, 0)
	bans := host.BacktestBans{Failures: 3, Bans: 1, Times: []host.BacktestBan{{At: at, Seconds: -1}}}
	return &host.Backtest{
		ID: "one", Jail: "sshd", State: host.BacktestDone, Started: at, Share: 1,
		Result: &host.BacktestResult{
			Since: at, From: at, To: at, Logs: []string{"/var/log/auth.log"}, Lines: 9, After: &host.BacktestSide{Bans: 2},
			Sweep: []host.BacktestPoint{{BacktestValues: host.BacktestValues{MaxRetry: 2}}}, Notes: []host.BacktestNote{{Code: "cut", Text: "x"}},
		},
		Rows: []host.BacktestRow{{ID: "203.0.113.7", Now: bans, After: bans, Protected: "the office", SignIns: 1, Users: []string{"bob"}}},
	}
}
