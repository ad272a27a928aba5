package host

import (
	"context"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"bangui/internal/allowlist"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// Bounds of what a Guard lets through, beside those of each order.
const (
	MaxOrderJails = 100    // jails in one order
	MaxPairs      = 10_000 // addresses times jails in an order to ban: what fail2ban takes within its time
	MaxProtected  = 1000   // entries that an order brings along
	maxName       = 200    // bytes of a jail's name
	maxID         = 1024   // bytes of an id; fail2ban's client package has the same bound
	maxActor      = 200    // characters
)

// GuardOptions say what a Guard allows on this machine.
type GuardOptions struct {
	// System finds what this machine can't do without; it is looked at for each order.
	System allowlist.System
	// Protected gives more entries that are never banned; nil = none.
	Protected func() []allowlist.Entry
	// OwnJail allows to write and remove the one file of our own jail (tier T2).
	OwnJail bool
	// Switch is what turns OwnJail on, for people: "set manual-jail = yes in /etc/…".
	Switch string
	// Epochs refuses schedulers whose term is over; nil = all may act.
	Epochs *Epochs
	// Configure says how far the configuration may be changed.
	Configure Configure
	// ConfigSwitch is what changes Configure, for people.
	ConfigSwitch string
	// LogFolders are where log files of jails may be; nil = /var/log.
	LogFolders []string
	// Restarts says whether fail2ban may be restarted, and how.
	Restarts AllowRestart
	// RestartSwitch is what changes Restarts, for people.
	RestartSwitch string
}

// AllowRestart is whether a caller may restart fail2ban.
type AllowRestart string

// The kinds.
const (
	RestartAsFound    AllowRestart = ""           // the way it was found running
	RestartNever      AllowRestart = "no"         //
	RestartSupervised AllowRestart = "supervisor" // it is only stopped: something starts it again
)

// Configure is how far a caller may change fail2ban's configuration.
type Configure string

// The degrees.
const (
	ConfigureNothing Configure = ""     // it can be read
	ConfigureData    Configure = "data" // tier T2: values that our own grammar knows
	ConfigureCode    Configure = "code" // tier T3 too: commands that fail2ban runs as root
)

// Guard stands before a Host, on the side that holds fail2ban's socket, and lets
// through only what a caller may do whatever he claims to have checked: reads (T0),
// reversible changes (T1), and of what writes configuration our own files, as far as the
// machine's owner allows: data (T2) by our own grammar, code (T3) only by his word.
// Nothing that could be a command to fail2ban's protocol gets through, and no target
// that this machine, the caller or the order itself protects.
//
// Every refusal is a fault with its reason, or an Outcome Refused where only one
// target of many is meant.
type Guard struct {
	host Host
	GuardOptions
}

// A method that Host gains must be thought about here: Guard does not embed it.
var _ Host = (*Guard)(nil)

// NewGuard returns a Guard before h.
func NewGuard(h Host, o GuardOptions) *Guard { return &Guard{host: h, GuardOptions: o} }

// State is what the host says; see Host.
func (g *Guard) State() State { return g.host.State() }

// Jails are what the host says; see Host.
func (g *Guard) Jails() []Jail { return g.host.Jails() }

// Run is the host's; see Host.
func (g *Guard) Run(ctx context.Context, to Recorder) error { return g.host.Run(ctx, to) }

// Jail passes a name that is one; see Host.
func (g *Guard) Jail(ctx context.Context, name string) (JailDetail, error) {
	if err := checkName(name); err != nil {
		return JailDetail{}, err
	}
	return g.host.Jail(ctx, name)
}

// Bans passes a name that is one; see Host.
func (g *Guard) Bans(ctx context.Context, jail string) ([]Ban, error) {
	if err := checkName(jail); err != nil {
		return nil, err
	}
	return g.host.Bans(ctx, jail)
}

// StartJail passes a name that is one; see Host.
func (g *Guard) StartJail(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return g.host.StartJail(ctx, name)
}

// StopJail passes a name that is one; see Host.
func (g *Guard) StopJail(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return g.host.StopJail(ctx, name)
}

// IdleJail passes a name that is one; see Host.
func (g *Guard) IdleJail(ctx context.Context, name string, idle bool) error {
	if err := checkName(name); err != nil {
		return err
	}
	return g.host.IdleJail(ctx, name, idle)
}

// ReloadJail passes a name that is one; see Host.
func (g *Guard) ReloadJail(ctx context.Context, name string, restart bool) error {
	if err := checkName(name); err != nil {
		return err
	}
	return g.host.ReloadJail(ctx, name, restart)
}

// Reload is the host's; see Host.
func (g *Guard) Reload(ctx context.Context) error { return g.host.Reload(ctx) }

// Check says what Ban would do; see Host.
func (g *Guard) Check(ctx context.Context, order BanOrder) ([]Outcome, error) {
	return g.screen(ctx, order, g.host.Check)
}

// Ban bans what nothing protects; see Host.
func (g *Guard) Ban(ctx context.Context, order BanOrder) ([]Outcome, error) {
	if err := g.Epochs.Admit(order.Epoch); err != nil {
		return nil, err
	}
	return g.screen(ctx, order, g.host.Ban)
}

// Lift passes an order whose texts are harmless; see Host.
func (g *Guard) Lift(ctx context.Context, order LiftOrder) ([]Outcome, error) {
	if err := checkSizes(len(order.IDs), len(order.Jails)); err != nil {
		return nil, err
	}
	for _, id := range order.IDs {
		if err := checkText("an address", id, maxID); err != nil {
			return nil, err
		}
	}
	if err := checkWords(order.Jails, order.Actor, order.Reason); err != nil {
		return nil, err
	}
	if err := g.Epochs.Admit(order.Epoch); err != nil {
		return nil, err
	}
	return g.host.Lift(ctx, order)
}

// Evidence passes an id that is harmless; see Host.
func (g *Guard) Evidence(ctx context.Context, id string) ([]Evidence, error) {
	if err := checkText("an address", id, maxID); err != nil {
		return nil, err
	}
	return g.host.Evidence(ctx, id)
}

// ManualJail is the host's; see Host.
func (g *Guard) ManualJail(ctx context.Context) (OwnJail, error) { return g.host.ManualJail(ctx) }

// AddManualJail is allowed where the machine's owner allows it; see Host.
func (g *Guard) AddManualJail(ctx context.Context) error {
	if err := g.mayWrite(); err != nil {
		return err
	}
	return g.host.AddManualJail(ctx)
}

// RemoveManualJail is allowed where the machine's owner allows it; see Host.
func (g *Guard) RemoveManualJail(ctx context.Context) error {
	if err := g.mayWrite(); err != nil {
		return err
	}
	return g.host.RemoveManualJail(ctx)
}

// Config is the host's, with what of it may be changed; see Host.
func (g *Guard) Config(ctx context.Context) (ConfigView, error) {
	view, err := g.host.Config(ctx)
	view.Allowed = ConfigureLimits{Configure: g.Configure, Switch: g.ConfigSwitch, LogFolders: g.logFolders()}
	return view, err
}

// ConfigFile passes a name that is harmless; see Host.
func (g *Guard) ConfigFile(ctx context.Context, name string) (string, error) {
	if err := checkText("a file's name", name, maxName); err != nil {
		return "", err
	}
	return g.host.ConfigFile(ctx, name)
}

// Choices are the host's; see Host.
func (g *Guard) Choices(ctx context.Context) (Choices, error) { return g.host.Choices(ctx) }

// ConfigFiles is the host's; see Host.
func (g *Guard) ConfigFiles(ctx context.Context) (ConfigSnapshot, error) {
	return g.host.ConfigFiles(ctx)
}

// Recipes passes one of the two kinds; see Host.
func (g *Guard) Recipes(ctx context.Context, place jailconf.Place) ([]jailconf.Recipe, error) {
	if err := checkPlace(place); err != nil {
		return nil, err
	}
	return g.host.Recipes(ctx, place)
}

// Recipe passes a name that is harmless; see Host.
func (g *Guard) Recipe(ctx context.Context, place jailconf.Place, name string) (RecipeView, error) {
	if err := checkPlace(place); err != nil {
		return RecipeView{}, err
	}
	if err := checkText("a name", name, maxName); err != nil {
		return RecipeView{}, err
	}
	return g.host.Recipe(ctx, place, name)
}

func checkPlace(place jailconf.Place) error {
	if place != jailconf.InFilter && place != jailconf.InAction {
		return fault.New(fault.Invalid, "%q is neither filter nor action", clip(string(place)))
	}
	return nil
}

// CheckChange passes an order that could be applied; see Host.
func (g *Guard) CheckChange(ctx context.Context, order ChangeOrder) (Change, error) {
	if err := g.checkChange(order); err != nil {
		return Change{}, err
	}
	order.limits = g.limits()
	return g.host.CheckChange(ctx, order)
}

// ApplyChange passes what the machine's owner allows; see Host.
func (g *Guard) ApplyChange(ctx context.Context, order ChangeOrder) (Change, error) {
	if err := g.checkChange(order); err != nil {
		return Change{}, err
	}
	order.limits = g.limits()
	return g.host.ApplyChange(ctx, order)
}

// ConfirmChange is allowed to who may change something; see Host.
func (g *Guard) ConfirmChange(ctx context.Context, id string) error {
	if err := g.mayConfigure(false, id); err != nil {
		return err
	}
	return g.host.ConfirmChange(ctx, id)
}

// RevertChange is allowed to who may change something; see Host.
func (g *Guard) RevertChange(ctx context.Context, id string) error {
	if err := g.mayConfigure(false, id); err != nil {
		return err
	}
	return g.host.RevertChange(ctx, id)
}

func (g *Guard) mayWrite() error {
	if g.OwnJail {
		return nil
	}
	return fault.New(fault.Forbidden, "this machine does not let BanGUI write fail2ban's configuration, not even its own jail's file").
		WithMend("Who is root there can allow it: %s.", g.Switch)
}

// screen judges each target, lets do see only those that may be banned, and puts
// the outcomes of all in the order of the order: jail by jail, target by target.
func (g *Guard) screen(ctx context.Context, order BanOrder, do func(context.Context, BanOrder) ([]Outcome, error)) ([]Outcome, error) {
	if err := checkBanOrder(order); err != nil {
		return nil, err
	}
	refused := map[int]Outcome{} // by place in the order's targets
	allowed := order
	allowed.Targets = nil
	protected := g.entries(order)
	for i, target := range order.Targets {
		o, ok := screened(target, order.AllowWide, protected)
		if ok {
			allowed.Targets = append(allowed.Targets, allowlist.Canonical(target))
			continue
		}
		refused[i] = o
	}
	if len(allowed.Targets) == 0 {
		// Nothing is left to do, but an order that can't be taken is still an error.
		if _, err := g.host.Check(ctx, order); err != nil {
			return nil, err
		}
		return merge(order, refused, nil), nil
	}
	done, err := do(ctx, allowed)
	if err != nil {
		return nil, err
	}
	if len(done) != len(allowed.Targets)*len(order.Jails) {
		return nil, fault.New(fault.Internal, "%d outcomes came for %d targets in %d jails", len(done), len(allowed.Targets), len(order.Jails))
	}
	return merge(order, refused, done), nil
}

// entries are all that no ban of this order may touch, as this side sees it.
func (g *Guard) entries(order BanOrder) []allowlist.Entry {
	entries := g.System.Entries()
	if g.Protected != nil {
		entries = append(entries, g.Protected()...)
	}
	if e, ok := allowlist.Caller(order.Caller); ok {
		entries = append(entries, e)
	}
	return append(entries, order.Protected...)
}

// screened is the outcome of a target that may not be banned; ok where it may.
func screened(target netip.Prefix, allowWide bool, protected []allowlist.Entry) (Outcome, bool) {
	o := Outcome{Target: allowlist.Text(allowlist.Canonical(target))}
	switch v := allowlist.Judge(target, protected); {
	case v.Answer == allowlist.Never:
		o.Result, o.Detail = Refused, v.Reason
	case v.Answer == allowlist.Confirm && !allowWide:
		o.Result, o.Detail = NeedsConfirm, v.Reason
	default:
		return Outcome{}, true
	}
	return o, false
}

func merge(order BanOrder, refused map[int]Outcome, done []Outcome) []Outcome {
	all := make([]Outcome, 0, len(order.Jails)*len(order.Targets))
	for _, jail := range order.Jails {
		for i := range order.Targets {
			if o, is := refused[i]; is {
				o.Jail = jail
				all = append(all, o)
				continue
			}
			all = append(all, done[0])
			done = done[1:]
		}
	}
	return all
}

func checkBanOrder(order BanOrder) error {
	if err := checkSizes(len(order.Targets), len(order.Jails)); err != nil {
		return err
	}
	if len(order.Jails) == 0 {
		return fault.New(fault.Invalid, "no jail was given").WithMend("Choose the jail whose ports are to be closed.")
	}
	if pairs := len(order.Targets) * len(order.Jails); pairs > MaxPairs {
		return fault.New(fault.TooLarge, "%d bans at once are too many; %d is the most", pairs, MaxPairs).WithMend("Name fewer jails or addresses at once.")
	}
	for _, target := range order.Targets {
		if !target.IsValid() {
			return fault.New(fault.Invalid, "a target is not an address or a network")
		}
	}
	if len(order.Protected) > MaxProtected {
		return fault.New(fault.TooLarge, "%d protected addresses came with the order; %d is the most", len(order.Protected), MaxProtected)
	}
	for _, e := range order.Protected {
		if err := checkText("the reason of a protected address", e.Reason, MaxReason); err != nil {
			return err
		}
	}
	return checkWords(order.Jails, order.Actor, order.Reason)
}

func checkSizes(targets, jails int) error {
	switch {
	case targets == 0:
		return fault.New(fault.Invalid, "no address was given")
	case targets > MaxTargets:
		return fault.New(fault.TooLarge, "%d addresses were given; %d is the most at once", targets, MaxTargets)
	case jails > MaxOrderJails:
		return fault.New(fault.TooLarge, "%d jails were given; %d is the most at once", jails, MaxOrderJails)
	}
	return nil
}

// checkWords checks the texts that orders have in common.
func checkWords(jails []string, actor, reason string) error {
	for _, jail := range jails {
		if err := checkName(jail); err != nil {
			return err
		}
	}
	if utf8.RuneCountInString(actor) > maxActor || !harmlessText(actor) {
		return fault.New(fault.Invalid, "who asks is named in one line of at most %d characters", maxActor)
	}
	if !harmlessText(reason) {
		return fault.New(fault.Invalid, "the reason is one line of at most %d characters", MaxReason)
	}
	return checkReason(reason)
}

func checkName(name string) error { return checkText("a jail's name", name, maxName) }

// checkText refuses what must never be a parameter of a command: nothing, an option,
// control characters, and the marker of fail2ban's own protocol, whose frames are not
// escaped.
func checkText(what, text string, most int) error {
	switch {
	case text == "" || len(text) > most:
		return fault.New(fault.Invalid, "%s has 1 to %d bytes", what, most)
	case strings.HasPrefix(text, "-"):
		return fault.New(fault.Invalid, "%s does not start with a dash: %q", what, clip(text))
	case !harmlessText(text):
		return fault.New(fault.Invalid, "%s holds no control characters and no marker of fail2ban's protocol: %q", what, clip(text))
	}
	return nil
}

func harmlessText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) && !strings.Contains(text, "<F2B_")
}

// clip keeps a text short enough for a message.
func clip(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
