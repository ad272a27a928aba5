package app

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"bangui/internal/api"
	"bangui/internal/config"
	"bangui/internal/proxy"
	"bangui/web"
)

// startAPI builds what is served: API and page.
func (a *App) startAPI(context.Context) error {
	known := namesOf(a.Config)
	operations := api.New(api.Options{
		Hosts: a.registry, Archive: a.archive, Versions: a.versions, Bus: a.bus, Audit: a.trail, Accounts: a.accounts, Geo: a.geo,
		Metrics: a.metrics,
		Lease:   leaseDesk{a}, Jobs: jobDesk{a.store.Jobs(), a},
		Components: a.health, Database: a.store.Check, Writable: a.writable,
		Version: a.Version, Commit: commit(), GoVersion: runtime.Version(),
		Demo: a.Config.Demo, InProcess: a.Config.Helper == "",
		TimeZone: timeZone(a.Config), BasePath: a.Config.BasePath, Findings: a.findings.All, Rate: a.Config.RateLimit, Rates: a.store,
		PublicOrigin: publicOrigin(a.Config),
		Proxies:      a.trust(),
		Protected:    a.protected,
		Logger:       a.logger.With("part", "api"), Now: time.Now,
	})
	page := web.Handler(web.Options{BasePath: a.Config.BasePath, Version: a.Version})
	a.handler = &site{api: operations, page: page, base: a.Config.BasePath, names: known, stopping: a.stopping, strict: a.Config.TLSCert != ""}
	return nil
}

// publicOrigin is the address of the page in browsers, without its path.
func publicOrigin(c config.Config) string {
	return strings.TrimSuffix(c.PublicURL, c.BasePath) // another path is refused
}

// trust is which proxies are believed.
func (a *App) trust() proxy.Trust {
	return proxy.Trust{Proxies: a.Config.TrustedProxies, Header: proxy.Header(a.Config.ForwardedHeader)}
}

// writeNothing sees whether the database takes a write, by one that changes nothing.
func (a *App) writeNothing(ctx context.Context) error {
	s := a.host.State()
	return a.store.EnsureHost(ctx, s.ID, s.Name)
}

// health is this process for the full health answer; the API adds fail2ban.
func (a *App) health() []api.Component {
	var parts []api.Component
	for _, p := range a.parts.all() {
		parts = append(parts, api.Component(p))
	}
	return append(parts, api.Component(a.leaseComponent()))
}

// commit is the revision that was built, as Go's build information has it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// timeZone is the name of the zone of the settings, else of this machine's; "UTC" when it
// has none.
func timeZone(c config.Config) string {
	if c.TimeZone != "" {
		return c.TimeZone
	}
	if name := time.Local.String(); name != "Local" && name != "" {
		return name
	}
	if target, err := filepath.EvalSymlinks("/etc/localtime"); err == nil {
		if _, name, ok := strings.Cut(target, "/zoneinfo/"); ok {
			return strings.TrimPrefix(name, "posix/")
		}
	}
	if content, err := os.ReadFile("/etc/timezone"); err == nil {
		if name := strings.TrimSpace(string(content)); name != "" {
			return name
		}
	}
	return "UTC"
}
