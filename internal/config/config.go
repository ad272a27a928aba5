// Package config turns flags, environment and a YAML file into one plain struct.
//
// A flag wins over the environment, the environment over the file, the file over
// the default. A name that nobody knows and a value that can't be taken stop the
// load: a setting that is silently ignored is worse than a program that won't start.
package config

import (
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"bangui/internal/fault"
)

// Config is everything that can be set. It holds no defaults of its own: Load
// fills every field.
type Config struct {
	Listen []netip.AddrPort // addresses of page and API; port 0 = any free one
	// MetricsListen are addresses of the metrics alone, without sign-in; none = only beside the API.
	MetricsListen []netip.AddrPort
	DataDir       string // absolute; holds the database, the host's id and the file `listen`
	Database      string // absolute path of the SQLite file; "" with Postgres

	Postgres             string // address of a PostgreSQL database; "" = SQLite. It may hold a password
	DatabasePasswordFile string // holds the password for Postgres; "" = the address or PGPASSFILE

	Helper string // path of the helper's Unix socket; "" = this process talks to fail2ban itself

	// What is empty here is asked of the fail2ban server.
	Fail2banSocket string // path of fail2ban's Unix socket
	Fail2banConfig string // fail2ban's configuration folder
	Fail2banDB     string // fail2ban's database; "" = ask the server
	Fail2banLog    string // fail2ban's log; "" = ask the server
	// PathMap says where we see what fail2ban names by another path: from the start of
	// a path there to its place here, both absolute and clean.
	PathMap map[string]string

	BasePath     string   // sub-path behind a proxy, "/bangui"; "" = the root
	AllowedHosts []string // names besides localhost under which a browser may reach us, lower case
	PublicURL    string   // where browsers find us, "https://bans.example.org/bangui"; "" = unknown

	TrustedProxies  []netip.Prefix  // believed when they say where a request came from
	ForwardedHeader ForwardedHeader // in which they say it
	RateLimit       int             // requests that one client may send within 60 s
	AuditDays       int             // for how long entries of the audit are kept

	ArchiveRetention time.Duration // for how long ended bans are kept, whole days; 0 = for ever
	ArchiveMaxBytes  int64         // how much room they may take; 0 = no limit

	// The operator's own geo databases; "" = those that come with the product.
	GeoCountryDB, GeoASNDB, GeoCityDB string
	GeoMap                            bool // maps them into memory where they are on a local disk

	TLS             TLS    // whether we make a certificate ourselves
	TLSCert, TLSKey string // paths of the operator's own, which win over TLS; "" = none
	LogLevel        slog.Level
	LogFormat       LogFormat

	SessionDuration   time.Duration // how long a session lasts at most
	SessionIdle       time.Duration // how long it lasts unused; at most SessionDuration
	SetupUser         string        // name of the first admin, where SetupPasswordFile is given
	SetupPasswordFile string        // holds his password; "" = somebody makes him with the set-up token

	Standby                  Standby       // what a second console does on one SQLite file
	LeaseTTL, LeaseHeartbeat time.Duration // of the scheduler's lease
	Workers                  int           // processes that somebody says he starts

	TimeZone string // name in the IANA database; "" = this machine's. See Zone

	Demo bool // serve a demo server of our own instead of this machine's fail2ban
}

// LogFormat is how log lines are written.
type LogFormat string

// The formats.
const (
	Auto LogFormat = "auto" // Text on a terminal, else JSON
	Text LogFormat = "text"
	JSON LogFormat = "json"
)

// ForwardedHeader is the header in which trusted proxies tell of their clients.
type ForwardedHeader string

// The headers.
const (
	XForwardedFor ForwardedHeader = "x-forwarded-for" // and X-Forwarded-Proto
	Forwarded     ForwardedHeader = "forwarded"       // RFC 7239
)

// StandardFail2banSocket is where fail2ban's socket is unless somebody moved it.
const StandardFail2banSocket = "/var/run/fail2ban/fail2ban.sock"

// TLS is whether page and API are encrypted by a certificate that we make.
type TLS string

// The ways.
const (
	TLSOff        TLS = "off"
	TLSSelfSigned TLS = "self-signed"
)

// Encrypted reports whether page and API are served over TLS.
func (c Config) Encrypted() bool { return c.TLSCert != "" || c.TLS == TLSSelfSigned }

// Surroundings are the facts about this process on which defaults depend.
type Surroundings struct {
	Root    bool                // runs as root
	Getenv  func(string) string // environment; never nil
	WorkDir string              // absolute; relative paths start here
}

// Defaults are the settings that nobody touched.
func Defaults(s Surroundings) Config {
	dir := DefaultDataDir(s)
	return Config{
		Listen:         localhost(8000),
		DataDir:        dir,
		Database:       filepath.Join(dir, "bangui.db"),
		Fail2banSocket: StandardFail2banSocket,
		Fail2banConfig: "/etc/fail2ban",
		RateLimit:      200,
		AuditDays:      365,

		ArchiveRetention: 365 * day,

		LogLevel:  slog.LevelInfo,
		LogFormat: Auto,

		SessionDuration: 12 * time.Hour,
		SessionIdle:     30 * time.Minute,
		SetupUser:       "admin",
		ForwardedHeader: XForwardedFor,
		TLS:             TLSOff,

		Standby:        StandbyRefuse,
		LeaseTTL:       time.Minute,
		LeaseHeartbeat: 10 * time.Second,
		Workers:        1,
	}
}

// DefaultDataDir is where data goes when nobody says otherwise.
func DefaultDataDir(s Surroundings) string {
	if s.Root {
		return "/var/lib/bangui"
	}
	if dir := s.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "bangui")
	}
	if home := s.Getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "bangui")
	}
	return filepath.Join(s.WorkDir, "bangui-data")
}

// Validate checks what no single value shows: settings that don't go together. The error is a fault Invalid.
func (c Config) Validate() error {
	if c.SessionIdle > c.SessionDuration {
		return fault.New(fault.Invalid, "setting session-idle = %s is longer than session-duration = %s", c.SessionIdle, c.SessionDuration).
			WithMend("Set both: a session ends unused before it ends altogether.")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return fault.New(fault.Invalid, "settings tls-cert = %q and tls-key = %q go together only", c.TLSCert, c.TLSKey).
			WithMend("Set both, or neither and --tls self-signed.")
	}
	if public, err := url.Parse(c.PublicURL); err == nil && public.Path != "" && public.Path != c.BasePath {
		return fault.New(fault.Invalid, "setting public-url = %q has another path than base-path = %q", c.PublicURL, c.BasePath).
			WithMend("Set base-path to %s, or leave the path out of public-url.", public.Path)
	}
	// A socket's path has room for 107 bytes on Linux.
	for name, path := range map[string]string{"fail2ban-socket": c.Fail2banSocket, "helper": c.Helper} {
		if n := len(path); n > 107 {
			return fault.New(fault.Invalid, "setting %s is %d bytes long; a Unix socket's path has room for 107", name, n)
		}
	}
	if c.Demo && c.Helper != "" {
		return fault.New(fault.Invalid, "the settings demo and helper don't go together: the demo's fail2ban is a child of the console itself").
			WithMend("Leave one of them out.")
	}
	return nil
}

// BeyondLoopback reports whether others than the programs of this machine can connect.
func (c Config) BeyondLoopback() bool {
	return slices.ContainsFunc(c.Listen, func(at netip.AddrPort) bool { return !at.Addr().IsLoopback() })
}
