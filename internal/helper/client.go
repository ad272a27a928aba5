package helper

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/expression"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// How long a client waits for an answer whose caller sets no shorter time.
const (
	lookTime   = 3 * time.Second
	readTime   = 30 * time.Second
	changeTime = 2 * time.Minute
	applyTime  = 6 * time.Minute // a change of the configuration, and putting it back
)

// ClientOptions say where the helper is and as which host the client shows it.
type ClientOptions struct {
	Socket  string
	ID      string // of the host, given by this side; the helper knows none
	Name    string // until the helper has said one
	Version string // of BanGUI, for hellos
	// Protected are prefixes that this side knows to be needed; they go with every order.
	// nil = none; more than host.MaxProtected are cut.
	Protected func() []allowlist.Entry
	Logger    *slog.Logger
	Now       func() time.Time
}

// Client is the host behind a helper's socket. State and Jails answer from a mirror
// that Run keeps, so they never wait; a helper that is away is a state. It is safe for
// concurrent use.
type Client struct {
	ClientOptions
	times  times
	slots  chan struct{} // one for each call that is under way
	poke   chan struct{} // asks for a look now
	mirror mirror
}

var _ host.Host = (*Client)(nil)

// NewClient returns a client that has not looked yet: its state is Starting.
func NewClient(o ClientOptions) *Client {
	c := &Client{ClientOptions: o, times: standardTimes(), slots: make(chan struct{}, maxCalls), poke: make(chan struct{}, 1)}
	c.mirror.state = host.State{
		ID: o.ID, Name: o.Name, Reach: host.Starting, Since: o.Now(), Detail: "BanGUI has not talked to its helper yet.", Socket: o.Socket,
	}
	return c
}

// Jail asks for one jail; see host.Host.
func (c *Client) Jail(ctx context.Context, name string) (host.JailDetail, error) {
	return value[host.JailDetail](c.ask(ctx, readTime, verbJail, named{name}))
}

// Bans asks for the open bans of a jail; see host.Host.
func (c *Client) Bans(ctx context.Context, jail string) ([]host.Ban, error) {
	return list[host.Ban](c.ask(ctx, readTime, verbBans, named{jail}))
}

// Evidence asks what fail2ban's database holds; see host.Host.
func (c *Client) Evidence(ctx context.Context, id string) ([]host.Evidence, error) {
	return list[host.Evidence](c.ask(ctx, readTime, verbEvidence, identified{id}))
}

// ManualJail asks about our own jail; see host.Host.
func (c *Client) ManualJail(ctx context.Context) (host.OwnJail, error) {
	return value[host.OwnJail](c.ask(ctx, changeTime, verbManualJail, nothing{})) // it reads the configuration
}

// StartJail starts a jail; see host.Host.
func (c *Client) StartJail(ctx context.Context, name string) error {
	return c.change(ctx, verbStartJail, named{name})
}

// StopJail stops a jail; see host.Host.
func (c *Client) StopJail(ctx context.Context, name string) error {
	return c.change(ctx, verbStopJail, named{name})
}

// IdleJail switches a jail's watching; see host.Host.
func (c *Client) IdleJail(ctx context.Context, name string, idle bool) error {
	return c.change(ctx, verbIdleJail, idling{name, idle})
}

// ReloadJail reads a jail's configuration again; see host.Host.
func (c *Client) ReloadJail(ctx context.Context, name string, restart bool) error {
	return c.change(ctx, verbReloadJail, reloading{name, restart})
}

// Reload reads the whole configuration again; see host.Host.
func (c *Client) Reload(ctx context.Context) error { return c.change(ctx, verbReload, nothing{}) }

// AddManualJail writes and starts our own jail; see host.Host.
func (c *Client) AddManualJail(ctx context.Context) error {
	return c.change(ctx, verbAddManualJail, nothing{})
}

// RemoveManualJail takes our own jail away; see host.Host.
func (c *Client) RemoveManualJail(ctx context.Context) error {
	return c.change(ctx, verbRemoveManualJail, nothing{})
}

// Config asks for the configuration; see host.Host.
func (c *Client) Config(ctx context.Context) (host.ConfigView, error) {
	r, err := c.ask(ctx, readTime, verbConfig, nothing{})
	view, err := value[host.ConfigView](r, err)
	if err != nil {
		return host.ConfigView{}, err
	}
	view.Jails, err = readAll[jailconf.Jail](r.items)
	return view, err
}

// ConfigFile asks for one file of it; see host.Host.
func (c *Client) ConfigFile(ctx context.Context, name string) (string, error) {
	return value[string](c.ask(ctx, readTime, verbConfigFile, fileNamed{name}))
}

// Choices asks for the filters and actions on disk; see host.Host.
func (c *Client) Choices(ctx context.Context) (host.Choices, error) {
	return value[host.Choices](c.ask(ctx, readTime, verbChoices, nothing{}))
}

// LogFiles asks what is at the paths of a jail's logs; see host.Host.
func (c *Client) LogFiles(ctx context.Context, paths []string) ([]host.WatchedLog, error) {
	return list[host.WatchedLog](c.ask(ctx, readTime, verbLogFiles, logPaths{paths}))
}

// ConfigFiles asks for all files of it; see host.Host.
func (c *Client) ConfigFiles(ctx context.Context) (host.ConfigSnapshot, error) {
	r, err := c.ask(ctx, readTime, verbConfigFiles, nothing{})
	s, err := value[host.ConfigSnapshot](r, err)
	if err != nil {
		return host.ConfigSnapshot{}, err
	}
	s.Files, err = readAll[host.ConfigContent](r.items)
	return s, err
}

// Recipes asks for filters or actions; see host.Host.
func (c *Client) Recipes(ctx context.Context, place jailconf.Place) ([]jailconf.Recipe, error) {
	return list[jailconf.Recipe](c.ask(ctx, readTime, verbRecipes, placing{place}))
}

// Recipe asks for one of them; see host.Host.
func (c *Client) Recipe(ctx context.Context, place jailconf.Place, name string) (host.RecipeView, error) {
	return value[host.RecipeView](c.ask(ctx, readTime, verbRecipe, recipe{place, name}))
}

// CheckChange asks what a change would do; see host.Host.
func (c *Client) CheckChange(ctx context.Context, order host.ChangeOrder) (host.Change, error) {
	return value[host.Change](c.ask(ctx, changeTime, verbCheckChange, order))
}

// ApplyChange changes the configuration; see host.Host.
func (c *Client) ApplyChange(ctx context.Context, order host.ChangeOrder) (host.Change, error) {
	change, err := value[host.Change](c.ask(ctx, applyTime, verbApplyChange, order))
	c.look(ctx)
	return change, err
}

// ConfirmChange makes a change hold; see host.Host.
func (c *Client) ConfirmChange(ctx context.Context, id string) error {
	return c.change(ctx, verbConfirmChange, identified{id})
}

// RevertChange takes a change back; see host.Host.
func (c *Client) RevertChange(ctx context.Context, id string) error {
	_, err := c.ask(ctx, applyTime, verbRevertChange, identified{id})
	c.look(ctx)
	return err
}

// TestExpression tries expressions; see host.Host.
func (c *Client) TestExpression(ctx context.Context, order host.ExpressionOrder) (expression.Result, error) {
	r, err := c.ask(ctx, changeTime, verbTestExpression, order)
	tried, err := value[expression.Result](r, err)
	if err != nil {
		return expression.Result{}, err
	}
	tried.Lines, err = readAll[expression.Row](r.items)
	return tried, err
}

// Logs asks what logs there are; see host.Host.
func (c *Client) Logs(ctx context.Context) (host.Logs, error) {
	return value[host.Logs](c.ask(ctx, readTime, verbLogs, nothing{}))
}

// StartBacktest begins a back-test; see host.Host.
func (c *Client) StartBacktest(ctx context.Context, order host.BacktestOrder) (string, error) {
	order.Protected = c.protecting(order.Protected)
	return value[string](c.ask(ctx, readTime, verbStartBacktest, order))
}

// Backtest asks how far one is; see host.Host.
func (c *Client) Backtest(ctx context.Context, id string) (host.Backtest, error) {
	r, err := c.ask(ctx, readTime, verbBacktest, identified{id})
	seen, err := value[host.Backtest](r, err)
	if err != nil {
		return host.Backtest{}, err
	}
	seen.Rows, err = readAll[host.BacktestRow](r.items)
	return seen, err
}

// StopBacktest ends one; see host.Host.
func (c *Client) StopBacktest(ctx context.Context, id string) error {
	_, err := c.ask(ctx, readTime, verbStopBacktest, identified{id})
	return err
}

// LogLines asks for lines of a log; see host.Host.
func (c *Client) LogLines(ctx context.Context, source host.LogSource) (host.LogLines, error) {
	r, err := c.ask(ctx, readTime, verbLogLines, source)
	read, err := value[host.LogLines](r, err)
	if err != nil {
		return host.LogLines{}, err
	}
	read.Lines, err = readAll[host.LogLine](r.items)
	return read, err
}

// Server asks for fail2ban's own options; see host.Host.
func (c *Client) Server(ctx context.Context) (host.ServerView, error) {
	return value[host.ServerView](c.ask(ctx, readTime, verbServer, nothing{}))
}

// FlushLogs makes fail2ban open its log anew; see host.Host.
func (c *Client) FlushLogs(ctx context.Context) error {
	return c.change(ctx, verbFlushLogs, nothing{})
}

// Restart restarts fail2ban; see host.Host.
func (c *Client) Restart(ctx context.Context, order host.RestartOrder) (host.Restarted, error) {
	done, err := value[host.Restarted](c.ask(ctx, applyTime, verbRestart, order))
	c.look(ctx)
	return done, err
}

// ServerLog asks for a part of fail2ban's log; see host.Host.
func (c *Client) ServerLog(ctx context.Context, q host.LogQuery) (host.LogPage, error) {
	r, err := c.ask(ctx, readTime, verbServerLog, q)
	page, err := value[host.LogPage](r, err)
	if err != nil {
		return host.LogPage{}, err
	}
	page.Entries, err = readAll[host.LogEntry](r.items)
	return page, err
}

// PutBackChange undoes a change that fail2ban fell over; see host.Host.
func (c *Client) PutBackChange(ctx context.Context, order host.PutBackOrder) error {
	_, err := c.ask(ctx, applyTime, verbPutBackChange, order)
	c.look(ctx)
	return err
}

// Check says what Ban would do; see host.Host.
func (c *Client) Check(ctx context.Context, order host.BanOrder) ([]host.Outcome, error) {
	return list[host.Outcome](c.ask(ctx, readTime, verbCheck, c.shielded(order)))
}

// Ban bans; see host.Host.
func (c *Client) Ban(ctx context.Context, order host.BanOrder) ([]host.Outcome, error) {
	outcomes, err := list[host.Outcome](c.ask(ctx, changeTime, verbBan, c.shielded(order)))
	c.look(ctx)
	return outcomes, err
}

// Lift ends bans; see host.Host.
func (c *Client) Lift(ctx context.Context, order host.LiftOrder) ([]host.Outcome, error) {
	outcomes, err := list[host.Outcome](c.ask(ctx, changeTime, verbLift, order))
	c.look(ctx)
	return outcomes, err
}

// shielded is an order with what this side knows to be needed.
func (c *Client) shielded(order host.BanOrder) host.BanOrder {
	order.Protected = c.protecting(order.Protected)
	return order
}

// change asks for a change, and looks at once what became of it.
func (c *Client) change(ctx context.Context, verb string, params any) error {
	_, err := c.ask(ctx, changeTime, verb, params)
	c.look(ctx)
	return err
}

// look brings the mirror up to date after a change. A look that fails says so as a state.
func (c *Client) look(ctx context.Context) { _ = c.Look(ctx) }

// reply is an answer with all its pieces.
type reply struct {
	value json.RawMessage
	items []json.RawMessage
}

func value[T any](r reply, err error) (v T, _ error) {
	if err != nil {
		return v, err
	}
	return v, decode(r.value, &v)
}

func list[T any](r reply, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	return readAll[T](r.items)
}

// ask makes one call on a connection of its own. The error is the fault that the other
// side answered, or Unavailable with how to get the helper going.
func (c *Client) ask(ctx context.Context, limit time.Duration, verb string, params any) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if verb != verbLook { // a look must not wait for a ban
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
		case <-ctx.Done():
			return reply{}, c.away(ctx.Err())
		}
	}
	w, err := c.dial(ctx)
	if err != nil {
		return reply{}, err
	}
	defer w.conn.Close()
	defer context.AfterFunc(ctx, func() { _ = w.conn.Close() })()
	if err := c.request(ctx, w, verb, params); err != nil {
		return reply{}, err
	}
	r, err := receiveAll(w, limit)
	if ctx.Err() != nil {
		return reply{}, c.away(ctx.Err())
	}
	if err != nil && !isFault(err) {
		err = c.away(err)
	}
	return r, err
}

func (c *Client) request(ctx context.Context, w *wire, verb string, params any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a message could not be written")
	}
	err = w.send(request{ID: host.RequestID(ctx), Verb: verb, Params: raw})
	if err != nil && !isFault(err) {
		return c.away(err)
	}
	return err
}

// receiveAll reads an answer with all its pieces.
func receiveAll(w *wire, limit time.Duration) (reply, error) {
	var r reply
	var all gathering
	for {
		frame, err := w.receive(limit)
		if err != nil {
			return reply{}, err
		}
		var a answer
		if err := decode(frame, &a); err != nil {
			return reply{}, err
		}
		if a.Flaw != nil {
			return reply{}, a.Flaw.err()
		}
		if a.Value != nil {
			r.value = a.Value
		}
		if err := all.add(a.Items); err != nil {
			return reply{}, err
		}
		if !a.More {
			r.items = all.items
			return r, nil
		}
	}
}

// dial connects and says hello.
func (c *Client) dial(ctx context.Context) (*wire, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", c.Socket)
	if err != nil {
		return nil, c.away(err)
	}
	w := &wire{conn: conn, in: maxAnswer, out: maxRequest, frame: c.times.frame}
	if err := c.greet(ctx, w); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return w, nil
}

func (c *Client) greet(ctx context.Context, w *wire) error {
	defer context.AfterFunc(ctx, func() { _ = w.conn.Close() })()
	sent := w.send(hello{Protocol: Protocol, Version: c.Version}) // who refuses us may not have read it
	frame, err := w.receive(c.times.hello)
	if err != nil {
		return c.away(cmp.Or(ctx.Err(), sent, err))
	}
	var theirs hello
	if err := json.Unmarshal(frame, &theirs); err != nil { // later versions may say more
		return fault.Wrap(err, fault.Unavailable, "what answers at %s is not BanGUI's helper", c.Socket)
	}
	if theirs.Protocol != Protocol {
		return mismatch(side{theirs.Protocol, shortened(theirs.Version)}, side{Protocol, c.Version})
	}
	return theirs.Refusal.err()
}

func isFault(err error) bool {
	_, ok := errors.AsType[*fault.Error](err)
	return ok
}

// away is the fault of a helper that can't be talked to.
func (c *Client) away(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Wrap(err, fault.Unavailable, "nobody waits for the helper's answer any more")
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.PermissionDenied, "this user may not use BanGUI's helper at %s", c.Socket).
			WithMend("Allow it: bangui helper --allow-user NAME, in the helper's unit or command line.")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fault.Wrap(err, fault.Unavailable, "BanGUI's helper is not running: nobody answers at %s", c.Socket).WithMend(startHelper)
	default:
		return fault.Wrap(err, fault.Unavailable, "BanGUI's helper at %s does not answer", c.Socket).
			WithMend("See what it says: journalctl -u bangui-helper. Start it again: systemctl restart bangui-helper")
	}
}

const startHelper = "Start it: systemctl start bangui-helper"

// mirror is the host as the helper showed it last.
type mirror struct {
	mu    sync.Mutex
	state host.State
	jails []host.Jail
	lost  bool   // the helper itself is away, so nobody else tells
	asked int    // how many looks were begun
	shown int    // which of them is the one that is shown
	alone string // why we don't follow; "" when we do, or don't try
}

// State is the host as last seen; see host.Host.
func (c *Client) State() host.State {
	c.mirror.mu.Lock()
	defer c.mirror.mu.Unlock()
	s := c.mirror.state
	if c.mirror.alone != "" {
		s.Findings = append(slices.Clip(s.Findings), notFollowing(c.mirror.alone, s.Since))
	}
	return s
}

// Jails are all jails as last seen; see host.Host.
func (c *Client) Jails() []host.Jail {
	c.mirror.mu.Lock()
	defer c.mirror.mu.Unlock()
	return append([]host.Jail(nil), c.mirror.jails...)
}

// Look brings State and Jails up to date now. The error says why the helper can't be
// talked to; it is a state as well.
func (c *Client) Look(ctx context.Context) error {
	number := c.mirror.begin()
	r, err := c.ask(ctx, lookTime, verbLook, nothing{})
	state, err := value[host.State](r, err)
	jails, err := list[host.Jail](r, err)
	if ctx.Err() != nil || fault.Is(err, fault.TooMany) {
		return err // that says nothing about the helper
	}
	c.mirror.mu.Lock()
	defer c.mirror.mu.Unlock()
	if number < c.mirror.shown {
		return err // a later look was quicker, and knows more
	}
	c.mirror.shown = number
	if err != nil {
		c.mirror.lose(c.Now(), err)
		return err
	}
	state.ID = c.ID
	c.mirror.state, c.mirror.jails, c.mirror.lost = state, jails, false
	return nil
}

// begin counts a look.
func (m *mirror) begin() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return m.asked
}

// lose notes that the helper is away; the rest stays as it was last seen.
func (m *mirror) lose(now time.Time, err error) {
	if m.state.Reach != host.Unreachable {
		m.state.Reach, m.state.Since = host.Unreachable, now
	}
	m.state.Detail, m.state.Mend = sentence(fault.MessageOf(err)), fault.MendOf(err)
	m.lost = true
}

func sentence(text string) string { return strings.TrimSuffix(text, ".") + "." }

// protecting adds what this side knows to be needed.
func (c *Client) protecting(given []allowlist.Entry) []allowlist.Entry {
	if c.Protected == nil {
		return given
	}
	all := append(slices.Clip(given), c.Protected()...)
	return all[:min(len(all), host.MaxProtected)]
}
