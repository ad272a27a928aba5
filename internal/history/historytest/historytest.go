// Package historytest makes bans as real servers see them, for benchmarks and demos: a
// few jails that get most, countries and networks that are far from even, addresses that
// come back, bursts of one network, IPv4 and IPv6. The same seed makes the same bans.
package historytest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// Options say what is made.
type Options struct {
	Seed   uint64
	Number int       // of bans
	Until  time.Time // the last one begins before that
	Span   time.Duration
	HostID string
	Lines  bool // with log lines
}

// Maker makes bans in the order of their time.
type Maker struct {
	Options
	random  *rand.Rand
	zipf    *rand.Zipf
	made    int
	at      time.Time
	burst   int // bans that are left of a burst
	network network
	second  map[string]bool      // places in the second of at
	until   map[string]time.Time // by place: the end of its last ban, while that is to come
	most    int                  // places that until may have before those of the past go
	times   map[uint64]int       // by offender: how often he was banned
}

const fewPlaces = 200_000

// offenders is how many bans there are for one address.
const offenders = 4

// New returns a maker.
func New(o Options) *Maker {
	random := rand.New(rand.NewPCG(o.Seed, o.Seed))
	pool := uint64(max(o.Number/offenders*2, 100))
	return &Maker{
		Options: o, random: random, zipf: rand.NewZipf(random, 1.05, 40, pool), at: o.Until.Add(-o.Span).Truncate(time.Second),
		second: map[string]bool{}, until: map[string]time.Time{}, times: map[uint64]int{}, most: fewPlaces,
	}
}

// Next is one more ban; ok is false when all were made.
func (m *Maker) Next() (b history.PastBan, ok bool) {
	for tries := 0; m.made < m.Number; tries++ {
		// Time passes with the bans and not with those who are banned already: most of what is
		// left would begin in the last seconds. It does when hardly anybody is free.
		const few = 100
		if tries%few == 0 {
			m.move()
		}
		who := m.offender()
		jail := jailOf(m.random)
		at := m.address(who)
		place := jail.name + " " + at.String()
		if m.second[place] || m.until[place].After(m.at) {
			continue // he is banned already: somebody else
		}
		m.second[place] = true
		m.times[who]++
		m.made++
		return m.ban(at, jail, m.times[who], place), true
	}
	return b, false
}

// move lets time pass, so that all bans fill the span: more by day than by night, and
// none in a burst.
func (m *Maker) move() {
	if m.burst > 0 {
		m.burst--
		if m.random.IntN(4) > 0 {
			return
		}
	}
	mean := m.Until.Sub(m.at).Seconds() / float64(m.Number-m.made) // what is left, so that neither end is crowded
	day := 1 + 0.5*math.Sin(2*math.Pi*float64(m.at.Hour())/24)
	pause := time.Duration(m.random.ExpFloat64() * mean / day * float64(time.Second))
	was := m.at
	m.at = m.at.Add(pause)
	if last := m.Until.Add(-time.Second); m.at.After(last) {
		m.at = last
	}
	if m.at.Unix() != was.Unix() {
		clear(m.second)
	}
	const rare, longest = 20_000, 800
	if m.burst == 0 && m.random.IntN(rare) == 0 {
		m.burst, m.network = 100+m.random.IntN(longest), networkOf(m.random.Uint64())
	}
}

// offender is who is banned: few come back often, most once or twice.
func (m *Maker) offender() uint64 {
	if m.burst > 0 {
		return 1<<40 + m.random.Uint64N(1<<16)
	}
	return m.zipf.Uint64()
}

func (m *Maker) address(who uint64) netip.Addr {
	mixed := mix(who ^ m.Seed<<1)
	n := networkOf(mixed)
	if who >= 1<<40 {
		n = m.network
	}
	return n.address(mixed)
}

func (m *Maker) ban(addr netip.Addr, jail jail, times int, place string) history.PastBan {
	seconds := min(int64(600)<<min(times-1, 10), int64(7*24*3600))
	b := history.Ban{
		HostID: m.HostID, Jail: jail.name, Address: addr.String(), BannedAt: m.at.Truncate(time.Second), BanSeconds: seconds, SeenAt: m.at,
		BanCount: times, Failures: 3 + m.random.IntN(4), Origin: event.ByFail2ban, Whereabouts: Atlas{}.Locate(addr),
	}
	const manual = 500
	if m.random.IntN(manual) == 0 {
		b.Origin, b.Failures, b.Actor, b.Reason = event.ByHand, 0, "anna", "scans us every night"
	}
	end, why := b.ExpiresAt(), event.Expired
	const lifted = 200
	if m.random.IntN(lifted) == 0 {
		end, why = b.BannedAt.Add(time.Duration(m.random.Int64N(seconds))*time.Second), event.Unbanned
	}
	m.until[place] = end
	if len(m.until) > m.most {
		m.forget()
		m.most = max(fewPlaces, 2*len(m.until)) // so that what is left is gone through seldom
	}
	if !end.After(m.Until) {
		b.EndedAt, b.EndReason = end, why
	}
	out := history.PastBan{Ban: b, Standing: b.EndedAt.IsZero()}
	if m.Lines && b.Failures > 0 {
		out.Lines = jail.lines(b, m.random)
	}
	return out
}

// forget lets go of ends that have come.
func (m *Maker) forget() {
	for place, end := range m.until {
		if !end.After(m.at) {
			delete(m.until, place)
		}
	}
}

// mix spreads numbers that are near each other.
func mix(n uint64) uint64 {
	n ^= n >> 33
	n *= 0xff51afd7ed558ccd
	n ^= n >> 33
	n *= 0xc4ceb9fe1a85ec53
	return n ^ n>>33
}

// jail is one of those that are banned in.
type jail struct {
	name  string
	share int // of a thousand
	line  string
}

// jails are those of a server with mail and a web site.
func jails() []jail {
	return []jail{
		{"sshd", 600, "%[1]s vps3 sshd[%[2]d]: Failed password for %[3]s from %[4]s port %[5]d ssh2"},
		{"postfix-sasl", 130, "%[1]s vps3 postfix/smtpd[%[2]d]: warning: unknown[%[4]s]: SASL LOGIN authentication failed: %[3]s"},
		{"nginx-botsearch", 90, "%[4]s - - [%[1]s +0000] \"GET /%[3]s.php HTTP/1.1\" 404 153 \"-\" \"Mozilla/5.0 zgrab/0.x\" %[2]d %[5]d"},
		{"dovecot", 70, "%[1]s vps3 dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<%[3]s>, method=PLAIN, rip=%[4]s, lip=10.0.0.3, TLS, session=<%[2]d%[5]d>"},
		{"recidive", 50, "%[1]s fail2ban.actions [%[2]d]: NOTICE [sshd] Ban %[4]s (%[3]s %[5]d)"},
		{"nginx-http-auth", 40, "%[1]s [error] %[2]d#%[2]d: *%[5]d user \"%[3]s\": password mismatch, client: %[4]s, server: _"},
		{"wordpress", 20, "%[1]s vps3 wordpress(blog)[%[2]d]: Authentication failure for %[3]s from %[4]s port %[5]d"},
	}
}

func jailOf(r *rand.Rand) jail {
	const all = 1000
	at, known := r.IntN(all), jails()
	for _, j := range known {
		if at -= j.share; at < 0 {
			return j
		}
	}
	return known[0]
}

func (j jail) lines(b history.Ban, r *rand.Rand) []string {
	users := []string{"root", "admin", "test", "ubuntu", "oracle", "postgres", "invalid user git", "info", "backup", "pi"}
	lines := make([]string, b.Failures)
	for i := range lines {
		at := b.BannedAt.Add(-time.Duration(len(lines)-i) * 7 * time.Second)
		lines[i] = fmt.Sprintf(j.line, at.Format(time.Stamp), 10_000+r.IntN(20_000), users[r.IntN(len(users))], b.Address, 30_000+r.IntN(30_000))
	}
	return lines
}
