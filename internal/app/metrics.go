package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"bangui/internal/metrics"
)

// metricsTime bounds the stop of the metrics' own listener.
const metricsTime = 5 * time.Second

// newMetrics are the numbers of this console, for Prometheus.
func (a *App) newMetrics() *metrics.Metrics {
	desk := leaseDesk{a}
	return metrics.New(metrics.Options{
		Version: a.Version, Lease: desk.State, Row: desk.Row, Runs: a.store.Jobs().LastRuns, Hosts: a.registry.All, Logger: a.logger.With("part", "metrics"),
	})
}

// startMetrics serves the metrics, and nothing else, at an address of their own and to
// whoever reaches it. On the page's address they need a token.
func (a *App) startMetrics(ctx context.Context) error {
	listeners, err := a.listenAt(ctx, a.Config.MetricsListen)
	if err != nil {
		return err
	}
	known := namesOf(a.Config)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if !known.known(r.Host) { // another site's page that made its name resolve to us
			http.Error(w, "BanGUI does not answer to this host name; the setting allowed-hosts names those that it does", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		a.metrics.ServeHTTP(w, r)
	})
	a.metricsServer = &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: answerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerSize,
		ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}
	for _, l := range listeners {
		go func() {
			if err := a.metricsServer.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				a.logger.ErrorContext(ctx, "the metrics are not served any more", "error", err)
			}
		}()
		a.logger.InfoContext(ctx, "serving metrics", "url", "http://"+addressOf(l).String()+"/metrics")
	}
	return nil
}

func (a *App) stopMetrics(ctx context.Context) error { return a.metricsServer.Shutdown(ctx) }
