package api_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// atlas says that all of the world is one network.
type atlas struct{}

func (atlas) Locate(addr netip.Addr) history.Whereabouts {
	if addr.Is6() {
		return history.Whereabouts{}
	}
	return history.Whereabouts{Country: "NL", ASN: 64500, Network: "=Example"}
}

// archived is a desk whose archive has bans of the last days with log lines.
func archived(t *testing.T) *desk {
	d := openDesk(t)
	d.archive.Resolve(atlas{})
	now := time.Now().UTC().Truncate(time.Second)
	ban := func(address, jail string, ago time.Duration, lines ...string) history.PastBan {
		return history.PastBan{Lines: lines, Ban: history.Ban{Jail: jail, Address: address, BannedAt: now.Add(-ago), BanSeconds: 60, Failures: 5, Origin: event.ByFail2ban}}
	}
	err := d.archive.Copy(t.Context(), history.Copied{
		HostID: storetest.HostID, SeenAt: now, Gap: &history.Gap{From: now.Add(-72 * time.Hour), To: now.Add(-48 * time.Hour), Why: "It was away."},
		Bans: []history.PastBan{
			ban("192.0.2.1", "sshd", 30*time.Hour, "Failed password for <script>alert(1)</script>"),
			ban("192.0.2.1", "sshd", 20*time.Hour, "Failed password for admin"),
			ban("192.0.2.1", "web", 10*time.Hour),
			ban("2001:db8::1", "sshd", 5*time.Hour, "Invalid user Oracle"),
			ban("=cmd|' /C calc'!A0", "sshd", 4*time.Hour),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func got[T any](t *testing.T, d *desk, path string) (v T) {
	t.Helper()
	if err := json.Unmarshal(d.run(scenario{name: path, method: "GET", path: path, status: 200}), &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

type bansPage struct {
	Items []api.Ban `json:"items"`
	Next  *string   `json:"next"`
}

func TestBans_ArchiveFilters(t *testing.T) {
	d := archived(t)
	since := time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	for filter, want := range map[string]int{
		"":                           5,
		"country=NL":                 3,
		"country=DE":                 0,
		"asn=64500&jail=web":         1,
		"origin=manual":              0,
		"origin=fail2ban":            5,
		"since=" + since:             4,
		"until=" + since:             1,
		"range=24h":                  4,
		"range=24h&jail=web":         1,
		"ip=2001:db8::/32":           1,
		"text=ORACLE":                1,
		"text=password":              2,
		"text=script&ip=10.0.0.0/8":  0,
		"not_jail=sshd":              1,
		"not_jail=sshd&not_jail=web": 0,
		"not_jail=web&not_asn=64500": 2,
		"not_country=NL":             2,
		"not_country=DE":             5,
		"not_asn=64500&not_asn=1":    2,
		"not_origin=fail2ban":        0,
		"not_origin=manual":          5,
	} {
		list := got[bansPage](t, d, "/api/v1/bans?state=all&"+filter)
		count := got[api.Count](t, d, "/api/v1/bans/count?state=all&"+filter)
		if len(list.Items) != want || count.Count != want || count.Capped || list.Next != nil {
			t.Errorf("%q: %d bans, count %+v, want %d", filter, len(list.Items), count, want)
		}
	}
	first := got[bansPage](t, d, "/api/v1/bans?state=all&country=NL&limit=2")
	if first.Next == nil || len(first.Items) != 2 {
		t.Fatalf("%+v", first)
	}
	rest := got[bansPage](t, d, "/api/v1/bans?state=all&country=NL&limit=2&cursor="+*first.Next)
	if len(rest.Items) != 1 || rest.Next != nil {
		t.Errorf("%+v", rest)
	}
	d.run(scenario{name: "a cursor of another country", method: "GET", path: "/api/v1/bans?state=all&country=DE&cursor=" + *first.Next, status: 400})
	d.run(scenario{name: "a cursor of all jails", method: "GET", path: "/api/v1/bans?state=all&country=NL&not_jail=web&cursor=" + *first.Next, status: 400})
	d.run(scenario{name: "one filter twice", method: "GET", path: "/api/v1/bans?jail=sshd&jail=web", status: 400})
	d.run(scenario{name: "too much left out", method: "GET", path: "/api/v1/bans?" + strings.Repeat("not_jail=a&", 21), status: 422})
	d.run(scenario{name: "a cursor of another range", method: "GET", path: "/api/v1/bans?state=all&country=NL&range=7d&cursor=" + *first.Next, status: 400})
	d.run(scenario{name: "no moment", method: "GET", path: "/api/v1/bans?since=yesterday", status: 422})

	oldest := rest.Items[0]
	if *oldest.Country != "NL" || *oldest.ASN != 64500 || *oldest.Network != "=Example" {
		t.Errorf("%+v", oldest)
	}
	one := got[api.BanWithMatches](t, d, "/api/v1/bans/"+oldest.ID)
	if diff := cmp.Diff([]string{"Failed password for <script>alert(1)</script>"}, one.Matches); diff != "" {
		t.Error(diff)
	}
}

func TestBans_Export(t *testing.T) {
	d := archived(t)
	d.bans("sshd", 0, 1200)
	answer, body := d.send(scenario{method: "GET", path: "/api/v1/bans?state=all", header: http.Header{"Accept": {"text/csv"}}})
	rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	if err != nil || len(rows) != 1206 || !strings.Contains(answer.Header.Get("Content-Disposition"), `"bans.csv"`) {
		t.Fatalf("%v: %d rows, %v", err, len(rows), answer.Header)
	}
	if formula := rows[1201]; formula[3] != "'=cmd|' /C calc'!A0" || formula[15] != "" {
		t.Errorf("%q", formula)
	}
	if last := rows[1205]; last[14] != "NL" || last[15] != "64500" || last[16] != "'=Example" {
		t.Errorf("%q", last)
	}
	_, body = d.send(scenario{method: "GET", path: "/api/v1/bans?state=all&jail=web", header: http.Header{"Accept": {"application/x-ndjson"}}})
	var only api.Ban
	if err := json.Unmarshal(body, &only); err != nil || only.Jail != "web" {
		t.Errorf("%s: %v", body, err)
	}
}

func TestStats(t *testing.T) {
	d := archived(t)
	o := got[api.StatsOverview](t, d, "/api/v1/stats/overview?since="+url.QueryEscape(time.Now().Add(-24*time.Hour).Format(time.RFC3339)))
	if o.Bans != 4 || o.BansBefore != 1 || o.Active != 0 || o.New == nil {
		t.Errorf("%+v", o)
	}
	all := got[api.StatsOverview](t, d, "/api/v1/stats/overview?jail=sshd")
	if all.Bans != 4 || all.New != nil {
		t.Errorf("%+v", all)
	}
	trend := got[api.StatsTrend](t, d, "/api/v1/stats/trend?country=NL")
	sum := int64(0)
	for _, p := range trend.Points {
		sum += p.Bans
	}
	if sum != 3 || trend.Bucket != "day" {
		t.Errorf("%+v", trend)
	}
	for property, want := range map[string][]string{
		"jail": {"sshd", "web"}, "country": {"NL", ""}, "network": {"64500", "0"}, "origin": {"fail2ban"}, "host": {"local"},
	} {
		split := got[api.StatsSplit](t, d, "/api/v1/stats/by/"+property)
		var keys []string
		for _, g := range split.Items {
			keys = append(keys, g.Key)
		}
		if diff := cmp.Diff(want, keys); diff != "" || split.Total != 5 || split.Others != 0 {
			t.Errorf("%s: %s %+v", property, diff, split)
		}
	}
	d.run(scenario{name: "networks of a jail", method: "GET", path: "/api/v1/stats/by/network?jail=sshd", status: 400, has: []string{"Networks are counted for hosts only"}})
	d.run(scenario{name: "by what", method: "GET", path: "/api/v1/stats/by/weather", status: 422})
	d.run(scenario{name: "gaps", method: "GET", path: "/api/v1/stats/gaps?host=local", status: 200, has: []string{"It was away."}})
	d.run(scenario{name: "of nobody", method: "GET", path: "/api/v1/stats/gaps?host=nobody", status: 404})
}

func TestTimeline(t *testing.T) {
	d := archived(t)
	line := got[api.Timeline](t, d, "/api/v1/addresses/::ffff:192.0.2.1/timeline")
	if line.BansEver != 3 || len(line.Bans) != 3 || len(line.Jails) != 2 || line.Jails[0].Failures != 10 || line.Bans[1].Matches[0] != "Failed password for admin" || *line.Country != "NL" {
		t.Errorf("%+v", line)
	}
	if line.Pattern.UsualSeconds == nil || *line.Pattern.UsualSeconds != 36000 || !line.Pattern.Steady {
		t.Errorf("%+v", line.Pattern)
	}
	d.run(scenario{name: "never banned", method: "GET", path: "/api/v1/addresses/192.0.2.99/timeline", status: 404})
}
