package api

import (
	"context"
	"strings"

	"bangui/internal/audit"
	"bangui/internal/auth"
)

// note is what the audit will tell of one request whose row names an action. Handlers add
// to it what they know: target, before, after. It belongs to the request's goroutine.
//
// A change on the host is recorded as begun before it is made, and with its end; a change
// of our own records (tier own) is recorded by the transaction that makes it.
type note struct {
	*audit.Pending

	tier    tier
	entered bool // the operation ran: what it did is recorded there
	ended   bool
	dry     bool // nothing is to be changed
	problem *Problem
}

type noteKey struct{}

// noteOf is the note of a request; for one that changes nothing, one that nobody reads.
func noteOf(ctx context.Context) *note {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		return n
	}
	return &note{Pending: &audit.Pending{}}
}

// by notes who asks, once that is known.
func (n *note) by(p auth.Principal) {
	switch {
	case p.User.Name == "":
	case p.ByToken():
		n.Actor = audit.Actor{Kind: audit.Token, Name: p.User.Name}
		n.Detail = "by the token " + p.Token.Name
	default:
		n.Actor = audit.Actor{Kind: audit.User, Name: p.User.Name}
	}
}

// targeted is an input that says what a change is made to.
type targeted interface{ target() string }

// ordered is an input with lists that a target can't tell in full: the entry that begins
// the change holds them as they were given.
type ordered interface {
	order() (list any, reason string)
}

// dryRun is an input that may only ask what would happen.
type dryRun interface{ dry() bool }

func (in HostPath) target() string { return in.Host }
func (in JailPath) target() string { return in.Host + "/" + in.Jail }
func (in IDPath) target() string   { return in.ID }

// targets are the objects of an order in few words; the entry that begins it has them all.
func targets(addresses, jails, hosts []string) string {
	text := audit.Targets(addresses, jails)
	if len(hosts) > 0 {
		text += " on " + strings.Join(hosts, ", ")
	}
	return text
}

// results notes what became of an order.
func (n *note) results(all []Outcome) {
	n.Outcome, n.Code, n.After = audit.Results(mapAll(all, func(o Outcome) audit.Result {
		return audit.Result{Word: o.Outcome, Object: o.Address + " in " + o.Jail}
	}))
}
