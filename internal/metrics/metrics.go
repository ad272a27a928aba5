// Package metrics tells a Prometheus server how this console and what it sees are doing.
//
// What is a state is read when it is asked for, so a number is never older than the
// answer; only what happens is counted as it happens.
package metrics

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bangui/internal/host"
	"bangui/internal/lease"
	"bangui/internal/schedule"
)

// Options are where the numbers come from.
type Options struct {
	Version string
	Lease   func() lease.State
	Row     func(ctx context.Context) (lease.Row, error)
	Runs    func(ctx context.Context) (map[string]schedule.Run, error)
	Hosts   func() []host.Host
	Logger  *slog.Logger
}

// Metrics count what happens and answer for the rest. They are safe for concurrent use.
type Metrics struct {
	handler  http.Handler
	renew    prometheus.Histogram
	changes  *prometheus.CounterVec
	leadless prometheus.Counter
}

// scrapeTime bounds what an answer asks the database.
const scrapeTime = 5 * time.Second

// New returns metrics in a registry of their own.
func New(o Options) *Metrics {
	m := &Metrics{
		renew: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bangui_lease_renew_seconds", Help: "Time of an exchange with the database about the scheduler's lease.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bangui_lease_changes_total", Help: "Changes of who holds the scheduler's lease that this console saw, by reason.",
		}, []string{"reason"}),
		leadless: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bangui_lease_no_leader_seconds_total", Help: "Seconds for which no console did the background jobs, as far as this one saw.",
		}),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		m.renew, m.changes, m.leadless, &state{Options: o},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4, Timeout: 2 * scrapeTime,
	})
	return m
}

// ServeHTTP answers in the format that Prometheus reads.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// Renewed counts an exchange about the lease.
func (m *Metrics) Renewed(took time.Duration) { m.renew.Observe(took.Seconds()) }

// Changed counts a change of who holds the lease.
func (m *Metrics) Changed(reason string) { m.changes.WithLabelValues(known(reason)).Inc() }

// Leadless counts time in which nobody led.
func (m *Metrics) Leadless(d time.Duration) { m.leadless.Add(d.Seconds()) }

// known keeps the words of a label to those of the lease: reasons may be people's text.
func known(reason string) string {
	switch lease.Reason(reason) {
	case lease.Free, lease.Self, lease.Crashed, lease.Silent, lease.DBStale:
		return reason
	default:
		return "other"
	}
}
