package metrics

import (
	"context"
	"runtime"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"bangui/internal/host"
	"bangui/internal/lease"
	"bangui/internal/schedule"
)

// state reads what is now, each time somebody asks.
type state struct{ Options }

// Describe names nothing beforehand: which jails and jobs there are may change.
func (s *state) Describe(chan<- *prometheus.Desc) {}

// Collect tells what is now. What the database does not answer in time is left out.
func (s *state) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	t := teller(to)
	t.gauge("build_info", "This console; always 1.", 1, "version", s.Version, "go_version", runtime.Version())
	s.tellLease(ctx, t)
	s.tellJobs(ctx, t)
	for _, h := range s.Hosts() {
		tellHost(t, h)
	}
}

func (s *state) tellLease(ctx context.Context, t teller) {
	now := s.Lease()
	t.gauge("lease_is_leader", "1 while this console does the background jobs.", truth(now.Phase == lease.Leader))
	t.gauge("lease_trust_remaining_seconds", "For how long this console may go on without another heartbeat; 0 when it does not lead.", now.Left.Seconds())
	t.counter("lease_fenced_rejected_total", "Transactions of a term that was over, refused by the fence.", float64(now.Refused))
	row, err := s.Row(ctx)
	if err != nil {
		return
	}
	t.gauge("lease_epoch", "Number of the term of the scheduler's lease.", float64(row.Epoch))
	if row.Holder != "" {
		t.gauge("lease_beat_age_seconds", "Since the last heartbeat of the holder, by the database's clock; absent while nobody holds the lease.", row.Age.Seconds())
	}
}

func (s *state) tellJobs(ctx context.Context, t teller) {
	runs, err := s.Runs(ctx)
	if err != nil {
		return
	}
	for job, run := range runs {
		t.gauge("job_last_run_timestamp_seconds", "When the last run of a background job began.", float64(run.StartedAt.UnixMicro())/1e6, "job", job)
		if run.EndedAt.IsZero() {
			continue
		}
		t.gauge("job_last_run_seconds", "How long the last run of a background job took.", run.EndedAt.Sub(run.StartedAt).Seconds(), "job", job)
		t.gauge("job_last_run_ok", "1 when the last run of a background job went well.", truth(run.Outcome == schedule.OK), "job", job)
	}
}

func tellHost(t teller, h host.Host) {
	at := h.State()
	t.gauge("host_up", "1 while the fail2ban of a host answers.", truth(at.Reach == host.Online || at.Reach == host.Degraded), "host", at.Name)
	for _, jail := range h.Jails() {
		labels := []string{"host", at.Name, "jail", jail.Name}
		t.gauge("jail_banned", "Addresses that are banned in a jail.", float64(jail.CurrentlyBanned), labels...)
		t.gauge("jail_failing", "Addresses with failures that count in a jail.", float64(jail.CurrentlyFailed), labels...)
		t.counter("jail_bans_total", "Bans of a jail since its fail2ban started.", float64(jail.TotalBanned), labels...)
		t.counter("jail_failures_total", "Failures that a jail counted since its fail2ban started.", float64(jail.TotalFailed), labels...)
	}
}

// teller tells numbers under our prefix; labels come as names and values in turn.
type teller chan<- prometheus.Metric

func (t teller) gauge(name, help string, value float64, labels ...string) {
	t.tell(prometheus.GaugeValue, name, help, value, labels)
}

func (t teller) counter(name, help string, value float64, labels ...string) {
	t.tell(prometheus.CounterValue, name, help, value, labels)
}

func (t teller) tell(kind prometheus.ValueType, name, help string, value float64, labels []string) {
	var names, values []string
	for i := 0; i < len(labels); i += 2 {
		names = append(names, labels[i])
		values = append(values, strings.ToValidUTF8(labels[i+1], "\uFFFD"))
	}
	desc := prometheus.NewDesc("bangui_"+name, help, names, nil)
	if m, err := prometheus.NewConstMetric(desc, kind, value, values...); err == nil {
		t <- m
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
