package app

import (
	"context"
	"log/slog"
	"time"

	"bangui/internal/config"
	"bangui/internal/geo"
	"bangui/internal/geo/geodata"
	"bangui/internal/health"
)

// openGeo opens the databases that tell where an address is: the operator's, and those
// that come with the product for what he does not give.
func openGeo(ctx context.Context, c config.Config, findings *health.Registry, logger *slog.Logger) *geo.DB {
	return geo.Open(ctx, geo.Options{
		Country: c.GeoCountryDB, ASN: c.GeoASNDB, City: c.GeoCityDB, BuiltIn: geodata.BuiltIn(), Map: c.GeoMap,
		Findings: findings, Logger: logger.With("part", "geo"), Now: time.Now,
	})
}

// startGeo opens the databases and follows the operator's files.
func (a *App) startGeo(ctx context.Context) error {
	a.geo = openGeo(ctx, a.Config, a.findings, a.logger)
	a.geoTask = startTask(ctx, a.geo.Run)
	return nil
}

func (a *App) stopGeo(ctx context.Context) error { return a.geoTask.end(ctx) }
