// Package config turns flags, environment and a YAML file into one plain struct.
//
// A flag wins over the environment, the environment over the file, the file over
// the default. A name that nobody knows and a value that can't be taken stop the
// load: a setting that is silently ignored is worse than a program that won't start.
package config

import (
	"log/slog"
	"net/netip"
	"path/filepath"

	"bangui/internal/fault"
)

// Config is everything that can be set. It holds no defaults of its own: Load
// fills every field.
type Config struct {
	Listen   netip.AddrPort // address of page and API; loopback only; port 0 = any free one
	DataDir  string         // absolute; holds the database, the host's id and the file `listen`
	Database string         // absolute path of the SQLite file

	Helper string // path of the helper's Unix socket; "" = this process talks to fail2ban itself

	// What is empty here is asked of the fail2ban server.
	Fail2banSocket string // path of fail2ban's Unix socket
	Fail2banConfig string // fail2ban's configuration folder
	Fail2banDB     string // fail2ban's database; "" = ask the server
	Fail2banLog    string // fail2ban's log; "" = ask the server

	BasePath     string   // sub-path behind a proxy, "/bangui"; "" = the root
	AllowedHosts []string // names besides loopback under which a browser may reach us, lower case
	LogLevel     slog.Level
	LogFormat    LogFormat
	Demo         bool // serve a demo server of our own instead of this machine's fail2ban
}

// LogFormat is how log lines are written.
type LogFormat string

// The formats.
const (
	Auto LogFormat = "auto" // Text on a terminal, else JSON
	Text LogFormat = "text"
	JSON LogFormat = "json"
)

// StandardFail2banSocket is where fail2ban's socket is unless somebody moved it.
const StandardFail2banSocket = "/var/run/fail2ban/fail2ban.sock"

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
		Listen:         netip.MustParseAddrPort("127.0.0.1:8000"),
		DataDir:        dir,
		Database:       filepath.Join(dir, "bangui.db"),
		Fail2banSocket: StandardFail2banSocket,
		Fail2banConfig: "/etc/fail2ban",
		LogLevel:       slog.LevelInfo,
		LogFormat:      Auto,
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

// Validate checks what no single value shows: settings that don't go together,
// and what this version does not offer yet. The error is a fault Invalid.
func (c Config) Validate() error {
	if !c.Listen.Addr().IsLoopback() {
		return fault.New(fault.Invalid, "setting listen = %q is refused: BanGUI has no sign-in yet, so whoever reaches the page could ban and unban; it listens on loopback only", c.Listen).
			WithMend("Use 127.0.0.1:%d and reach it through a tunnel: ssh -L %d:127.0.0.1:%d this-machine", c.Listen.Port(), tunnelPort(c), tunnelPort(c))
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

func tunnelPort(c Config) uint16 {
	if c.Listen.Port() == 0 {
		return 8000
	}
	return c.Listen.Port()
}
