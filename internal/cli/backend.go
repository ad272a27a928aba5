package cli

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/helper"
)

// backend does what commands ask: over the API of a console, or straight on this
// machine. Results are what the API answers.
type backend interface {
	Jails(ctx context.Context) ([]jailRow, error)
	Jail(ctx context.Context, name string) (jailDetail, error)
	// Bans are the bans that match, newest first, at most q.limit. Without a console there
	// are only active ones; see banQuery.archived.
	Bans(ctx context.Context, q banQuery) ([]banRow, error)
	// Saved are the parameters of a filter that the user saved.
	Saved(ctx context.Context, name string) (url.Values, error)
	Ban(ctx context.Context, o banOrder) ([]outcome, error)
	Lift(ctx context.Context, o liftOrder) ([]outcome, error)
	Why(ctx context.Context, address string) (whyView, error)
	serverBackend
	TestFilter(ctx context.Context, o trialOrder) (trial, error)
	backtestBackend
	// Recipes are the filters or actions ("filter", "action") of the configuration.
	Recipes(ctx context.Context, kind string) ([]recipeRow, error)
	Recipe(ctx context.Context, kind, name string) (recipeDetail, error)
	Close()
}

type banQuery struct {
	jail  string
	ip    string // exact address, or all inside a prefix
	text  string // found in the address
	limit int

	// What only the archive of a console can tell.
	state, host, country, origin, line string
	asn                                int64
	since, until                       time.Time
	not                                *without    // nil = nothing is left out
	saved                              string      // name of a saved filter, which takes no other beside it
	kept                               *url.Values // what it holds, once that was asked
}

// resolve asks what the saved filter holds, where one was named.
func (q *banQuery) resolve(ctx context.Context, b backend) error {
	if q.saved == "" {
		return nil
	}
	values, err := b.Saved(ctx, q.saved)
	q.kept = &values
	return err
}

// without says what is left out of a list.
type without struct {
	jails, countries, asns []string
	origin                 string
}

// archived reports whether only the archive of a console can answer.
func (q banQuery) archived() bool {
	plain := banQuery{jail: q.jail, ip: q.ip, text: q.text, limit: q.limit, state: "active"}
	return q != plain
}

// values are the query as the API takes it.
func (q banQuery) values() url.Values {
	if q.kept != nil {
		return *q.kept
	}
	values := url.Values{}
	asn, since, until := "", "", ""
	if q.asn != 0 {
		asn = strconv.FormatInt(q.asn, 10)
	}
	if !q.since.IsZero() {
		since = q.since.UTC().Format(time.RFC3339)
	}
	if !q.until.IsZero() {
		until = q.until.UTC().Format(time.RFC3339)
	}
	for name, value := range map[string]string{
		"state": q.state, "host": q.host, "jail": q.jail, "ip": q.ip, "q": q.text, "country": q.country, "asn": asn, "origin": q.origin,
		"text": q.line, "since": since, "until": until,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.not != nil {
		values["not_jail"], values["not_country"], values["not_asn"] = q.not.jails, q.not.countries, q.not.asns
		if q.not.origin != "" {
			values.Set("not_origin", q.not.origin)
		}
	}
	return values
}

type banOrder struct {
	jails, addresses []string
	reason           string
	duration         time.Duration // 0 = as long as the jail bans
	wide, dryRun     bool
}

type liftOrder struct {
	jails, addresses []string
	reason           string
}

type jailRow struct {
	Name            string    `json:"name"`
	State           string    `json:"state"`
	CurrentlyBanned int       `json:"currently_banned"`
	TotalBanned     int       `json:"total_banned"`
	CurrentlyFailed int       `json:"currently_failed"`
	TotalFailed     int       `json:"total_failed"`
	BanSeconds      int64     `json:"ban_seconds"`
	FindSeconds     int64     `json:"find_seconds"`
	MaxRetry        int       `json:"max_retry"`
	Closes          []closure `json:"closes"`
}

type closure struct {
	Action   string `json:"action"`
	Ports    string `json:"ports"`
	AllPorts bool   `json:"all_ports"`
	Known    bool   `json:"known"`
}

type jailDetail struct {
	jailRow
	LogPaths     []string `json:"log_paths"`
	Ignored      []string `json:"ignored"`
	IgnoreSelf   bool     `json:"ignore_self"`
	FailRegexes  []string `json:"fail_regexes"`
	IgnoreRegexs []string `json:"ignore_regexes"`
	Actions      []string `json:"actions"`
}

type banRow struct {
	Host       string     `json:"host"`
	Jail       string     `json:"jail"`
	Address    string     `json:"address"`
	BannedAt   time.Time  `json:"banned_at"`
	BanSeconds int64      `json:"ban_seconds"`
	ExpiresAt  *time.Time `json:"expires_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	EndReason  string     `json:"end_reason,omitempty"`
	BanCount   int        `json:"ban_count"`
	Failures   int        `json:"failures"`
	Origin     string     `json:"origin"`
	Actor      string     `json:"actor,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Country    string     `json:"country,omitempty"`
	ASN        int64      `json:"asn,omitempty"`
	Network    string     `json:"network,omitempty"`
}

type outcome struct {
	Host    string `json:"host"`
	Jail    string `json:"jail"`
	Address string `json:"address"`
	Outcome string `json:"outcome"`
	Detail  string `json:"detail,omitempty"`
}

type evidence struct {
	Jail       string    `json:"jail"`
	BannedAt   time.Time `json:"banned_at"`
	BanSeconds int64     `json:"ban_seconds"`
	BanCount   int       `json:"ban_count"`
	Failures   int       `json:"failures"`
	User       string    `json:"user,omitempty"`
	Lines      []string  `json:"lines"`
}

type whyView struct {
	Address string `json:"address"`
	placeRow
	Protected     string     `json:"protected,omitempty"` // why it is never banned
	Bans          []banRow   `json:"bans"`
	CoveredBy     []banRow   `json:"covered_by"`
	Evidence      []evidence `json:"evidence"`
	EvidenceError string     `json:"evidence_error,omitempty"`
}

// probeTime bounds the question whether a console answers.
const probeTime = 3 * time.Second

// addBackend gives a command the flags that choose what it talks to, and those of more
// settings.
func (c *command) addBackend(cmd *cobra.Command, more ...string) {
	c.addConsole(cmd)
	c.addSettings(cmd.Flags(), append([]string{"data-dir", "database", "database-password-file", "helper", "fail2ban-socket", "fail2ban-config", "fail2ban-db", "fail2ban-log", "path-map"}, more...)...)
}

// addConsole gives a command the flags that name a console.
func (c *command) addConsole(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.url, "url", "", "address of the console (default BANGUI_URL, else the one of this machine)")
	cmd.Flags().StringVar(&c.token, "token", "", "API token for the console (default BANGUI_TOKEN, which nobody sees in a list of processes)")
}

// with runs one command on the console that was named; without a name on the console of
// this machine, else, or without a token for it, straight on the fail2ban of this machine.
func (c *command) with(run func(ctx context.Context, b backend, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		b, err := c.open(cmd)
		if err != nil {
			return err
		}
		defer b.Close()
		return run(cmd.Context(), b, args)
	}
}

func (c *command) open(cmd *cobra.Command) (backend, error) {
	ctx := cmd.Context()
	conf, _, err := c.settings(cmd.Flags(), nil)
	if err != nil {
		return nil, err
	}
	if named := cmp.Or(c.url, c.getenv("BANGUI_URL")); named != "" {
		if c.apiToken() == "" {
			return nil, c.needsToken(named, "")
		}
		return c.openRemote(ctx, named)
	}
	remote, remoteErr := c.openRemote(ctx, localURL(conf))
	if remoteErr == nil && c.apiToken() != "" {
		return remote, nil
	}
	direct, err := app.OpenDirect(ctx, conf, helper.StandardConf, slog.New(slog.DiscardHandler))
	switch {
	case err != nil && remoteErr == nil:
		remote.Close()
		return nil, c.needsToken(localURL(conf), "\nAs root it works without: sudo "+c.typed())
	case err != nil:
		return nil, c.neither(err)
	case remoteErr == nil:
		remote.Close()
	}
	return &local{direct, conf, c.actor()}, nil
}

// localURL is the console of this machine: where its file says, else where the settings do.
func localURL(conf config.Config) string {
	content, err := os.ReadFile(filepath.Join(conf.DataDir, "listen"))
	if url := strings.TrimSpace(string(content)); err == nil && strings.HasPrefix(url, "http") {
		return url
	}
	return app.LocalURL(conf)
}

// neither says that there is nothing to talk to, and why.
func (c *command) neither(err error) error {
	code := fault.CodeOf(err)
	if code == fault.Fail2banForbidden {
		return fault.Wrap(err, fault.Fail2banForbidden, "no console answers, and this user may not talk to fail2ban itself").
			WithMend("Start a console, or run it as root: sudo %s", c.typed())
	}
	return fault.Wrap(err, code, "no console answers, and fail2ban itself can't be used: %s", fault.MessageOf(err)).
		WithMend("Start a console (bangui serve), name one with --url, or see what `bangui doctor` says about fail2ban.")
}
