package app

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"bangui/internal/fail2ban/fail2bantest"
)

func TestMetrics_TellWhatIs(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig, c.RateLimit = server.Socket(), server.ConfigDir(), 100_000
	c.MetricsListen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	console := serve(t, c)
	session := console.signIn(t)
	if status, _ := get(t, console.url+"metrics"); status != http.StatusUnauthorized {
		t.Errorf("without a session: %d", status)
	}
	at := regexp.MustCompile(`"url":"(http://[^"]+/metrics)"`).FindStringSubmatch(console.log.String())
	if at == nil {
		t.Fatalf("the log does not say where the metrics are\n%s", console.log)
	}
	want := []string{
		"bangui_lease_is_leader 1\n", "bangui_lease_epoch 1.", "bangui_lease_renew_seconds_bucket", `bangui_lease_changes_total{reason="free"} 1`,
		"bangui_lease_fenced_rejected_total 0\n", "bangui_lease_trust_remaining_seconds 5", "bangui_lease_beat_age_seconds", "bangui_lease_no_leader_seconds_total",
		`bangui_jail_banned{host="`, `jail="manual"} 0`, `bangui_host_up{host="`, "bangui_build_info{", "go_goroutines", "process_resident_memory_bytes",
	}
	var text string
	server.Until("all numbers are told", func() bool {
		_, text = get(t, at[1])
		for _, w := range want {
			if !strings.Contains(text, w) {
				return false
			}
		}
		return true
	})
	_, withSession := send(t, http.MethodGet, console.url+"metrics", "", session)
	if !strings.Contains(withSession, "bangui_lease_is_leader 1\n") {
		t.Errorf("with a session: %s", withSession)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	if status, _ := get(t, strings.TrimSuffix(at[1], "metrics")+"api/v1/bans"); status != http.StatusNotFound {
		t.Errorf("the metrics' address serves the API: %d", status)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "evil.example"
	client := http.Client{Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("under another's name: %s", response.Status)
	}
}
