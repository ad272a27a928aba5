package fail2bantest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban"
)

// LoggedBans are the moments of the lines of bans in fail2ban's own log, by address; the
// last one of each.
func (s *Server) LoggedBans() map[string]time.Time {
	s.t.Helper()
	all := map[string]time.Time{}
	for line := range strings.Lines(s.Read(s.Log())) {
		if l := fail2ban.ParseLogLine([]byte(strings.TrimSuffix(line, "\n")), time.Local); l.Kind == fail2ban.LogBan {
			all[l.ID] = l.At
		}
	}
	return all
}

// ReportLate reports how much later than their lines in fail2ban's log bans were told, as
// metrics of a benchmark.
func (s *Server) ReportLate(b *testing.B, told map[string]time.Time) {
	b.Helper()
	logged := s.LoggedBans()
	var late []time.Duration
	for address, at := range told {
		line, ok := logged[address]
		if !ok {
			b.Fatalf("%s is not in the log", address)
		}
		late = append(late, at.Sub(line))
	}
	slices.Sort(late)
	for name, share := range map[string]float64{"p50-ms": 0.5, "p95-ms": 0.95, "p99-ms": 0.99} {
		b.ReportMetric(float64(late[int(share*float64(len(late)-1))].Microseconds())/1000, name)
	}
}
