package app

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"bangui/internal/config"
	"bangui/internal/geo"
	"bangui/internal/geo/geodata"
	"bangui/internal/health"
	"bangui/internal/history"
)

// openGeo opens the databases that tell where an address is: the operator's, and those
// that come with the product for what he does not give.
func openGeo(ctx context.Context, c config.Config, findings *health.Registry, logger *slog.Logger) *geo.DB {
	return geo.Open(ctx, geo.Options{
		Country: c.GeoCountryDB, ASN: c.GeoASNDB, City: c.GeoCityDB, BuiltIn: geodata.BuiltIn(), Map: c.GeoMap,
		Findings: findings, Logger: logger.With("part", "geo"), Now: time.Now,
	})
}

// startGeo opens the databases, follows the operator's files, and lets the archive ask
// them. Nothing has been recorded by then.
func (a *App) startGeo(ctx context.Context) error {
	a.geo = openGeo(ctx, a.Config, a.findings, a.logger)
	a.archive.Resolve(whereabouts{a.geo})
	a.geoTask = startTask(ctx, a.geo.Run)
	return nil
}

func (a *App) stopGeo(ctx context.Context) error { return a.geoTask.end(ctx) }

// whereabouts is where addresses are, as the archive keeps it. A range that is special has
// no country, and its kind stands in its place.
type whereabouts struct{ *geo.DB }

// Locate asks the databases.
func (w whereabouts) Locate(addr netip.Addr) history.Whereabouts {
	p := w.Lookup(addr)
	return history.Whereabouts{Country: cmp.Or(p.Country, string(p.Special.Kind)), ASN: int64(p.ASN), Network: p.Network}
}

// locateBans asks again where all bans of the archive are. A database that is away would
// take from bans what is known of them.
func (a *App) locateBans(ctx context.Context, s history.Store) (did string, err error) {
	const step = 500
	if slices.ContainsFunc(a.geo.State(), func(d geo.Database) bool { return d.Source == geo.None }) {
		return "", nil
	}
	archive := a.archiveOn(s)
	archive.Resolve(whereabouts{a.geo})
	changed := 0
	for after := (history.Place{}); ; {
		n, next, err := archive.Relocate(ctx, after, step)
		changed += n
		if err != nil || next == (history.Place{}) {
			return counted(int64(changed), err)("%d bans are elsewhere than they were")
		}
		after = next
	}
}
