package fail2ban

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"bangui/internal/fault"
)

// ActionPorts is what one action of a jail closes for a banned address.
type ActionPorts struct {
	Action   string
	Ports    string // as configured, "ssh" or "http,https"; "" where AllPorts or not Known
	Protocol string
	AllPorts bool
	Known    bool // false: not a firewall action that we know
}

var (
	// firewalls are the families of fail2ban's stock firewall actions.
	firewalls = []string{"iptables", "nftables", "firewallcmd", "ufw", "shorewall", "pf", "ipfw", "ipfilter", "npf", "route"} //nolint:gochecknoglobals // constant
	// byPort finds a command that matches destination ports.
	byPort = regexp.MustCompile(`dports?\b|\bport[ =]|--match multiport`)
)

// ClosedPorts tells which ports each action of a jail closes, by the commands that
// the action would run.
func (c *Client) ClosedPorts(ctx context.Context, jail JailName) ([]ActionPorts, error) {
	var all []ActionPorts
	err := c.session(ctx, read, listTime, func(cn *conn) error {
		value, err := cn.ask([]any{"get", string(jail), "actions"})
		if err != nil {
			return err
		}
		for _, action := range texts(value) {
			ports, err := cn.closedBy(jail, action)
			if err != nil {
				return err
			}
			all = append(all, ports)
		}
		return nil
	})
	return all, err
}

func (cn *conn) closedBy(jail JailName, action string) (ActionPorts, error) {
	a := ActionPorts{Action: action}
	family := strings.FieldsFunc(action, func(r rune) bool { return r == '-' || r == '_' })
	if len(family) == 0 || !slices.Contains(firewalls, family[0]) {
		return a, nil
	}
	property := func(name string) (string, error) {
		value, err := cn.ask([]any{"get", string(jail), "action", action, name})
		if fault.Is(err, fault.Fail2banRefused) {
			return "", nil // this action has no such property
		}
		return text(value), err
	}
	var commands, ports string
	for _, name := range []string{"actionstart", "actionban"} {
		text, err := property(name)
		if err != nil {
			return a, err
		}
		commands += text + "\n"
	}
	ports, err := property("port")
	if err != nil {
		return a, err
	}
	if a.Protocol, err = property("protocol"); err != nil {
		return a, err
	}
	a.Known = true
	a.AllPorts = !byPort.MatchString(commands) || ports == "0:65535" || ports == "1:65535"
	if !a.AllPorts {
		a.Ports = ports
	}
	return a, nil
}
