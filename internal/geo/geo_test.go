package geo_test

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bangui/internal/geo"
	"bangui/internal/geo/mmdb"
	"bangui/internal/health"
)

// network is a line of a database.
type network struct {
	prefix string
	record mmdb.Map
}

func mmdbOf(tb testing.TB, networks ...network) []byte {
	tb.Helper()
	b := mmdb.New(mmdb.Metadata{Type: "Test", Description: "A test.", Built: time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)})
	for _, n := range networks {
		if err := b.Insert(netip.MustParsePrefix(n.prefix), n.record); err != nil {
			tb.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func code(country string) mmdb.Map {
	return mmdb.Map{{Key: "country_code", Value: mmdb.String(country)}}
}

func as(number uint32, name string) mmdb.Map {
	return mmdb.Map{{Key: "autonomous_system_number", Value: mmdb.Uint32(number)}, {Key: "autonomous_system_organization", Value: mmdb.String(name)}}
}

// everywhere is a database that knows one country for every address there is.
func everywhere(tb testing.TB, country string) []byte {
	return mmdbOf(tb, network{"::/0", code(country)})
}

// put replaces a file as a whole.
func put(tb testing.TB, file string, content []byte) string {
	tb.Helper()
	if err := os.WriteFile(file+".new", content, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		tb.Fatal(err)
	}
	return file
}

func open(tb testing.TB, o geo.Options) (*geo.DB, *health.Registry) {
	tb.Helper()
	o.Findings, o.Logger, o.Now = health.New(time.Now), slog.New(slog.DiscardHandler), time.Now
	return geo.Open(tb.Context(), o), o.Findings
}

// builtIn is a console whose product came with these.
func builtIn(country, asn []byte) geo.Options {
	return geo.Options{BuiltIn: geo.BuiltIn{Country: geo.Data{Content: country}, ASN: geo.Data{Content: asn}}}
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func noFindings(t *testing.T, r *health.Registry) {
	t.Helper()
	if all := r.All(); len(all) > 0 {
		t.Errorf("findings: %+v", all)
	}
}

func TestLookup_NamesWhatIsNoOrdinaryAddress(t *testing.T) {
	db, _ := open(t, builtIn(everywhere(t, "JP"), mmdbOf(t, network{"::/0", as(64496, "Everybody")})))
	for address, want := range map[string]geo.Special{
		"0.1.2.3":         {Kind: geo.ThisNetwork, RFC: 791},
		"10.255.0.1":      {Kind: geo.Private, RFC: 1918},
		"100.64.0.1":      {Kind: geo.Shared, RFC: 6598},
		"127.0.0.1":       {Kind: geo.Loopback, RFC: 1122},
		"169.254.169.254": {Kind: geo.LinkLocal, RFC: 3927},
		"172.31.255.255":  {Kind: geo.Private, RFC: 1918},
		"192.0.0.1":       {Kind: geo.Protocol, RFC: 6890},
		"192.0.2.1":       {Kind: geo.Documentation, RFC: 5737},
		"192.88.99.1":     {Kind: geo.Reserved, RFC: 7526},
		"192.168.1.1":     {Kind: geo.Private, RFC: 1918},
		"198.19.0.1":      {Kind: geo.Benchmarking, RFC: 2544},
		"198.51.100.1":    {Kind: geo.Documentation, RFC: 5737},
		"203.0.113.7":     {Kind: geo.Documentation, RFC: 5737},
		"224.0.0.251":     {Kind: geo.Multicast, RFC: 5771},
		"240.0.0.1":       {Kind: geo.Reserved, RFC: 1112},
		"255.255.255.255": {Kind: geo.Broadcast, RFC: 919},
		"::ffff:10.0.0.1": {Kind: geo.Private, RFC: 1918},
		"::":              {Kind: geo.Unspecified, RFC: 4291},
		"::1":             {Kind: geo.Loopback, RFC: 4291},
		"64:ff9b:1::1":    {Kind: geo.Translated, RFC: 8215},
		"64:ff9b::a00:1":  {Kind: geo.Translated, RFC: 6052}, // of 10.0.0.1: nowhere
		"100::1":          {Kind: geo.Discard, RFC: 6666},
		"2001::1":         {Kind: geo.Tunnel, RFC: 4380},
		"2001:2::1":       {Kind: geo.Benchmarking, RFC: 5180},
		"2001:10::1":      {Kind: geo.Identifier, RFC: 4843},
		"2001:20::1":      {Kind: geo.Identifier, RFC: 7343},
		"2001:1::1":       {Kind: geo.Protocol, RFC: 2928},
		"2001:db8::1":     {Kind: geo.Documentation, RFC: 3849},
		"2002:a00:1::1":   {Kind: geo.Tunnel, RFC: 3056}, // of 10.0.0.1
		"3fff::1":         {Kind: geo.Documentation, RFC: 9637},
		"5f00::1":         {Kind: geo.Segment, RFC: 9602},
		"fd00::1":         {Kind: geo.UniqueLocal, RFC: 4193},
		"fe80::1%eth0":    {Kind: geo.LinkLocal, RFC: 4291},
		"fec0::1":         {Kind: geo.SiteLocal, RFC: 3879},
		"ff02::1":         {Kind: geo.Multicast, RFC: 4291},
	} {
		got := db.Lookup(addr(address))
		if !got.Special.Prefix.Contains(addr(address).WithZone("").Unmap()) {
			t.Errorf("%s: the range is %v", address, got.Special.Prefix)
		}
		if got.Special.Prefix = (netip.Prefix{}); got != (geo.Place{Special: want}) {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
	for _, address := range []string{"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1", "172.15.0.1", "172.32.0.1", "223.255.255.255", "2001:200::1", "2000::1", "2a00::1"} {
		if got := db.Lookup(addr(address)); got != (geo.Place{Country: "JP", ASN: 64496, Network: "Everybody"}) {
			t.Errorf("%s: %+v", address, got)
		}
	}
	// What carries an IPv4 address is where that is.
	for address, kind := range map[string]geo.SpecialKind{"64:ff9b::808:808": geo.Translated, "2002:808:808::1": geo.Tunnel} {
		if got := db.Lookup(addr(address)); got.Country != "JP" || got.Special.Kind != kind {
			t.Errorf("%s: %+v", address, got)
		}
	}
	if got := db.Lookup(netip.Addr{}); got.Known() {
		t.Errorf("no address: %+v", got)
	}
}

func TestSpecialKinds_AreThose(t *testing.T) {
	for _, kind := range geo.SpecialKinds() {
		if kind == "" || strings.ToLower(string(kind)) != string(kind) {
			t.Errorf("%q", kind)
		}
	}
}

func TestLookup_ReadsTheFormsOfOthers(t *testing.T) {
	dir := t.TempDir()
	city := mmdb.Map{
		{Key: "city", Value: mmdb.Map{{Key: "names", Value: mmdb.Map{{Key: "de", Value: mmdb.String("Köln")}, {Key: "en", Value: mmdb.String("Cologne")}}}}},
		{Key: "country", Value: mmdb.Map{{Key: "iso_code", Value: mmdb.String("DE")}}},
		{Key: "location", Value: mmdb.Map{{Key: "latitude", Value: mmdb.Double(50.9)}, {Key: "longitude", Value: mmdb.Double(6.9)}}},
	}
	nameless := mmdb.Map{{Key: "country_code", Value: mmdb.String("FR")}, {Key: "latitude", Value: mmdb.Double(900)}, {Key: "longitude", Value: mmdb.Double(0)}}
	db, findings := open(t, geo.Options{
		Country: put(t, filepath.Join(dir, "country.mmdb"), mmdbOf(t,
			network{"1.0.0.0/24", mmdb.Map{{Key: "country", Value: mmdb.Map{{Key: "iso_code", Value: mmdb.String("AU")}}}}},
			network{"1.0.1.0/24", mmdb.Map{{Key: "registered_country", Value: mmdb.Map{{Key: "iso_code", Value: mmdb.String("NZ")}}}}},
			network{"1.0.2.0/24", mmdb.Map{{Key: "country", Value: mmdb.String("us")}}},
			network{"1.0.3.0/24", code("EU")},
			network{"1.0.4.0/24", code("a long way")},
			network{"1.0.5.0/24", mmdb.Map{{Key: "country_code", Value: mmdb.Uint32(7)}}},
		)),
		ASN: put(t, filepath.Join(dir, "asn.mmdb"), mmdbOf(t,
			network{"1.0.0.0/24", as(4_200_000_000, "MaxMind's")},
			network{"1.0.1.0/24", mmdb.Map{{Key: "asn", Value: mmdb.String("AS64500")}, {Key: "as_name", Value: mmdb.String("IPinfo's")}}},
			network{"1.0.2.0/24", mmdb.Map{{Key: "asn", Value: mmdb.Uint32(64501)}, {Key: "name", Value: mmdb.String("Another's")}}},
			network{"1.0.3.0/24", mmdb.Map{{Key: "asn", Value: mmdb.String("ASx")}, {Key: "name", Value: mmdb.String("No number")}}},
		)),
		City: put(t, filepath.Join(dir, "city.mmdb"), mmdbOf(t, network{"2.0.0.0/24", city}, network{"1.0.0.0/24", city}, network{"2.0.1.0/24", nameless})),
	})
	noFindings(t, findings)
	cologne := geo.Point{Latitude: 50.9, Longitude: 6.9}
	for address, want := range map[string]geo.Place{
		"1.0.0.1": {Country: "AU", ASN: 4_200_000_000, Network: "MaxMind's", City: "Cologne", Point: cologne}, // the database of countries wins
		"1.0.1.1": {Country: "NZ", ASN: 64500, Network: "IPinfo's"},
		"1.0.2.1": {Country: "US", ASN: 64501, Network: "Another's"},
		"1.0.3.1": {},
		"1.0.4.1": {},
		"1.0.5.1": {},
		"2.0.0.1": {Country: "DE", City: "Cologne", Point: cologne},
		"2.0.1.1": {Country: "FR"},
		"3.0.0.1": {},
	} {
		if got := db.Lookup(addr(address)); got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
}

func TestLookup_NamesAreHarmless(t *testing.T) {
	for hostile, want := range map[string]string{
		"Plain, Inc.":                     "Plain, Inc.",
		" \t Two\n  words ":               "Two words",
		"\x1b[31mred\x1b[0m":              "[31mred[0m",
		"abc\u202edef\u2066ghi\u200b":     "abcdefghi",
		"\xff\xfe broken":                 "\ufffd\ufffd broken",
		strings.Repeat("å", 5000):         strings.Repeat("å", 120),
		strings.Repeat("a", 119) + " bcd": strings.Repeat("a", 119),
		"<script>alert(1)</script>":       "<script>alert(1)</script>", // text, and shown as such
	} {
		db, _ := open(t, builtIn(nil, mmdbOf(t, network{"1.0.0.0/24", as(1, hostile)})))
		if got := db.Lookup(addr("1.0.0.1")); got.Network != want || got.ASN != 1 {
			t.Errorf("%q: %q", hostile, got.Network)
		}
	}
}

func TestLookupPrefix_SaysWhatHoldsForAllOfIt(t *testing.T) {
	var many []network
	for i := range 2048 {
		many = append(many, network{netip.PrefixFrom(netip.AddrFrom4([4]byte{9, byte(i >> 8 << 1), byte(i), 0}), 25).String(), code("CA")})
	}
	db, _ := open(t, builtIn(
		mmdbOf(t, append(many,
			network{"1.0.0.0/24", code("AU")}, network{"1.0.1.0/24", code("AU")}, network{"1.0.2.0/24", code("CN")}, network{"1.2.0.0/16", code("KR")},
			network{"2a00::/32", code("DE")}, network{"2a00:1::/32", code("FR")})...),
		mmdbOf(t, network{"1.0.0.0/24", as(1, "One")}, network{"1.0.1.0/24", as(2, "Two")}, network{"1.2.0.0/15", as(3, "Three")})))
	for prefix, want := range map[string]geo.Place{
		"1.0.0.0/24":         {Country: "AU", ASN: 1, Network: "One"},
		"1.0.0.0/23":         {Country: "AU"},
		"1.0.0.0/22":         {},
		"1.2.0.0/16":         {Country: "KR", ASN: 3, Network: "Three"},
		"1.2.3.0/24":         {Country: "KR", ASN: 3, Network: "Three"},
		"1.2.0.0/15":         {Country: "KR", ASN: 3, Network: "Three"}, // of the other half no country is known
		"8.0.0.0/8":          {},
		"9.0.0.0/8":          {}, // too many to look at
		"2a00::/32":          {Country: "DE"},
		"2a00::/31":          {},
		"::ffff:1.0.0.0/120": {Country: "AU", ASN: 1, Network: "One"},
		"0.0.0.0/0":          {},
		"::/0":               {},
	} {
		if got := db.LookupPrefix(netip.MustParsePrefix(prefix)); got != want {
			t.Errorf("%s: %+v, want %+v", prefix, got, want)
		}
	}
	if got := db.LookupPrefix(netip.MustParsePrefix("10.9.0.0/16")); got.Special.Kind != geo.Private {
		t.Errorf("a private network: %+v", got)
	}
	if got := db.LookupPrefix(netip.MustParsePrefix("10.0.0.0/7")); !got.Special.IsZero() {
		t.Errorf("more than a private network: %+v", got)
	}
	if got := db.LookupPrefix(netip.Prefix{}); got.Known() {
		t.Errorf("no prefix: %+v", got)
	}
}

func TestOpen_WithoutDatabasesKnowsNothingAndSaysSo(t *testing.T) {
	db, findings := open(t, geo.Options{})
	noFindings(t, findings) // a build without data is no trouble of this machine
	if got := db.Lookup(addr("1.1.1.1")); got.Known() {
		t.Errorf("%+v", got)
	}
	if d := cmp.Diff([]geo.Database{{Kind: geo.Country, Source: geo.None}, {Kind: geo.ASN, Source: geo.None}}, db.State()); d != "" {
		t.Error(d)
	}
}

func TestOpen_SaysWhatIsWrongWithAFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	whole := everywhere(t, "SE")
	for file, want := range map[string]string{
		filepath.Join(dir, "nothing"):            "does not exist",
		dir:                                      "is no plain file",
		pipe:                                     "is no plain file",
		put(t, filepath.Join(dir, "empty"), nil): "has 0 bytes",
		put(t, filepath.Join(dir, "text"), []byte("hello")):                             "is no database",
		put(t, filepath.Join(dir, "cut"), whole[:40]):                                   "is no database",
		put(t, filepath.Join(dir, "asn"), mmdbOf(t, network{"1.0.0.0/24", as(1, "x")})): "does not tell countries",
	} {
		for _, mapped := range []bool{false, true} {
			o := builtIn(everywhere(t, "JP"), nil)
			o.Country, o.Map = file, mapped
			db, findings := open(t, o)
			all := findings.All()
			if len(all) != 1 || all[0].Code != "geo_country_unusable" || all[0].Severity != health.Warning ||
				!strings.Contains(all[0].Text, want) || !strings.HasSuffix(all[0].Text, "; the data that came with BanGUI is used meanwhile.") || all[0].Mend == "" {
				t.Errorf("%s: %+v", file, all)
			}
			if got := db.Lookup(addr("1.1.1.1")); got.Country != "JP" {
				t.Errorf("%s: %+v", file, got)
			}
			if state := db.State()[0]; state.Source != geo.FromProduct || state.Path != file || !strings.Contains(state.Problem, want) || state.Mend == "" {
				t.Errorf("%s: state %+v", file, state)
			}
		}
	}
}

func TestRefresh_TakesAFileThatWasReplaced(t *testing.T) {
	for _, mapped := range []bool{false, true} {
		file := put(t, filepath.Join(t.TempDir(), "country.mmdb"), everywhere(t, "SE"))
		o := builtIn(everywhere(t, "JP"), nil)
		o.Country, o.Map = file, mapped
		db, findings := open(t, o)
		if got := db.Lookup(addr("1.1.1.1")).Country; got != "SE" {
			t.Fatalf("the operator's file does not win: %q", got)
		}
		for _, step := range []struct {
			content []byte // nil = no file
			country string
			finding string
		}{
			{everywhere(t, "NO"), "NO", ""},
			{[]byte("not a database"), "NO", "the one before it is used meanwhile."},
			{nil, "NO", "does not exist"},
			{everywhere(t, "NO"), "NO", ""},
			{everywhere(t, "FI"), "FI", ""},
		} {
			if step.content == nil {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			} else {
				put(t, file, step.content)
			}
			db.Refresh(t.Context())
			all := findings.All()
			if got := db.Lookup(addr("1.1.1.1")).Country; got != step.country || (len(all) == 0) != (step.finding == "") || len(all) > 0 && !strings.Contains(all[0].Text, step.finding) {
				t.Errorf("mapped %v, after %.20q: %q, %+v", mapped, step.content, got, all)
			}
		}
		if state := db.State()[0]; state.Source != geo.FromFile || state.Mapped != mapped || state.Problem != "" || state.Type != "Test" || state.About != "A test." || state.Bytes == 0 || state.Built.Year() != 2026 {
			t.Errorf("state = %+v", state)
		}
	}
}

// Whoever looks up while files are replaced reads one whole database or the other.
func TestRefresh_UnderLookups(t *testing.T) {
	for _, mapped := range []bool{false, true} {
		file := put(t, filepath.Join(t.TempDir(), "country.mmdb"), everywhere(t, "SE"))
		db, findings := open(t, geo.Options{Country: file, Map: mapped})
		done := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if got := db.Lookup(addr("1.1.1.1")).Country; got != "SE" && got != "NO" {
						t.Errorf("country %q", got)
						return
					}
				}
			})
		}
		for i := range 50 {
			put(t, file, everywhere(t, []string{"NO", "SE"}[i%2]))
			db.Refresh(t.Context())
		}
		close(done)
		readers.Wait()
		noFindings(t, findings)
	}
}

// A mapped file that is cut short is what a failing disk is: a read that faults. The
// process stays, and goes on with the data that it came with.
func TestMap_AFaultIsNoCrash(t *testing.T) {
	for name, product := range map[string][]byte{"with": everywhere(t, "JP"), "without": nil} {
		// So large that not all of it is in the page of the first bytes.
		file := put(t, filepath.Join(t.TempDir(), "country.mmdb"), mmdbOf(t, network{"0.0.0.0/1", code("SE")}, network{"2000::/3", mmdb.Map{{Key: "country_code", Value: mmdb.String("SE")}, {Key: "x", Value: mmdb.String(strings.Repeat("x", 60_000))}}}))
		o := builtIn(product, nil)
		o.Country, o.Map = file, true
		db, findings := open(t, o)
		if got := db.Lookup(addr("1.1.1.1")).Country; got != "SE" {
			t.Fatalf("country %q", got)
		}
		if err := os.Truncate(file, 0); err != nil {
			t.Fatal(err)
		}
		if got := db.Lookup(addr("1.1.1.1")); got.Known() {
			t.Errorf("%s: read from nothing: %+v", name, got)
		}
		db.Refresh(t.Context())
		want := map[string]string{"with": "JP", "without": ""}[name]
		if got := db.Lookup(addr("1.1.1.1")).Country; got != want {
			t.Errorf("%s: country %q, want %q", name, got, want)
		}
		if all := findings.All(); len(all) != 1 || !strings.Contains(all[0].Text, "has 0 bytes") {
			t.Errorf("%s: findings %+v", name, all)
		}
		put(t, file, everywhere(t, "NO"))
		db.Refresh(t.Context())
		noFindings(t, findings)
		if got := db.Lookup(addr("1.1.1.1")).Country; got != "NO" {
			t.Errorf("%s: country %q", name, got)
		}
	}
}

func TestRun_FollowsTheFiles(t *testing.T) {
	file := put(t, filepath.Join(t.TempDir(), "country.mmdb"), everywhere(t, "SE"))
	synctest.Test(t, func(t *testing.T) {
		db, _ := open(t, geo.Options{Country: file})
		ctx, end := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { db.Run(ctx) })
		defer running.Wait()
		defer end()
		put(t, file, everywhere(t, "NO"))
		began := time.Now()
		for db.Lookup(addr("1.1.1.1")).Country != "NO" {
			if time.Since(began) > time.Minute {
				t.Fatal("the file is not taken")
			}
			time.Sleep(time.Second) // of the bubble's clock
			synctest.Wait()
		}
	})
}

// TestState_CreditsThoseOfAFile wants those named who ask for it.
func TestState_CreditsThoseOfAFile(t *testing.T) {
	for kind, want := range map[string]string{"GeoLite2-Country": "https://www.maxmind.com", "DBIP-Country-Lite": "https://db-ip.com", "ipinfo country": "https://ipinfo.io", "Own": ""} {
		b := mmdb.New(mmdb.Metadata{Type: kind, Description: "d"})
		if err := b.Insert(netip.MustParsePrefix("::/0"), code("SE")); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := b.Write(&out); err != nil {
			t.Fatal(err)
		}
		db, _ := open(t, geo.Options{Country: put(t, filepath.Join(t.TempDir(), "c.mmdb"), out.Bytes())})
		got := ""
		for _, c := range db.State()[0].Credits {
			got += c.Link
		}
		if got != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

// A file that the disk or somebody changed here and there is refused, or it answers.
func TestOpen_SurvivesDamage(t *testing.T) {
	whole := [][]byte{everywhere(t, "SE"), mmdbOf(t, network{"1.0.0.0/24", code("AU")}, network{"2a00::/32", as(1, "One")})}
	source := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		damaged := bytes.Clone(whole[i%len(whole)])
		for range 1 + source.IntN(4) {
			damaged[source.IntN(len(damaged))] = byte(source.Uint32())
		}
		db, _ := open(t, builtIn(damaged, damaged))
		for _, prefix := range []string{"1.0.0.1/32", "2a00::1/128", "1.0.0.0/8", "::/0"} {
			db.LookupPrefix(netip.MustParsePrefix(prefix))
		}
	}
}

// Whatever a file holds: it is refused or it answers, within bounds.
func FuzzOpen(f *testing.F) {
	f.Add(everywhere(f, "SE"))
	f.Add(mmdbOf(f, network{"1.0.0.0/24", code("AU")}, network{"2a00::/32", as(1, "One")}))
	f.Add(mmdbOf(f, network{"1.0.0.0/24", mmdb.Map{{Key: "city", Value: mmdb.Map{{Key: "names", Value: mmdb.Map{{Key: "en", Value: mmdb.String("X")}}}}}, {Key: "latitude", Value: mmdb.Double(1)}, {Key: "longitude", Value: mmdb.Double(1)}}}))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := put(t, filepath.Join(t.TempDir(), "x.mmdb"), content)
		o := builtIn(content, content)
		o.City = file
		db, _ := open(t, o)
		for _, prefix := range []string{"1.0.0.1/32", "2a00::1/128", "1.0.0.0/8", "::/0", "0.0.0.0/0", "255.0.0.0/8"} {
			got := db.LookupPrefix(netip.MustParsePrefix(prefix))
			if len(got.Country) != 0 && len(got.Country) != 2 || len([]rune(got.Network)) > 120 || len([]rune(got.City)) > 120 {
				t.Errorf("%+v", got)
			}
		}
		db.State()
	})
}
