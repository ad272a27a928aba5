// Package helper carries host.Host over a Unix socket: Server stands in the only
// process that is root and holds fail2ban's socket, Client is the host that the
// console sees.
//
// fail2ban's socket is a root shell, so the console must not have it. What crosses
// between the two is a closed list of typed verbs in bounded frames; who connects is
// checked by the kernel's word (SO_PEERCRED), and what is asked by host.Guard, on this
// side, whatever the console claims. A console that was taken over can ban and unban;
// it can't become root, nor ban an address that this machine needs.
//
// A connection begins with a hello of both sides. Then either follows one request and
// its answer after another, or, behind the verb follow, the helper asks: it hands over
// what it observed and counts it as delivered when the console says that it is stored.
package helper

import (
	"time"

	"bangui/internal/fault"
)

// Protocol is the version of what crosses the socket. Both sides must have the same;
// a test compares the messages' shape with the one recorded for this number.
const Protocol = 1

// StandardSocket is where the packages put the helper's socket.
const StandardSocket = "/run/bangui/helper.sock"

// Bounds of a connection. A request is an order of at most 1000 targets; an answer in
// one frame is one jail or 100 pieces of evidence at most, lists come in pieces.
const (
	maxRequest = 1 << 20
	maxAnswer  = 4 << 20
	pieceSize  = 256 << 10 // a list's frame is sent when it holds that much
	maxItems   = 1_000_000 // of one list
	maxList    = 256 << 20 // bytes of one list
	pathLength = 107       // room for a Unix socket's path on Linux
	maxConns   = 32        // connections at once
	maxWork    = 16        // requests at once
	maxCalls   = 8         // that a client makes at once
	maxPushes  = 8         // calls of the helper that a client answers at once
	maxVersion = 100       // bytes of a version in a hello
	maxIDBytes = 200       // bytes of a request's id
)

// times are the deadlines of a connection; tests shorten them.
type times struct {
	hello  time.Duration // for the first frame of both sides
	idle   time.Duration // between requests of one connection; longer than any request takes
	frame  time.Duration // from the first bytes of a frame to its last, and for writing one
	work   time.Duration // for a request
	drain  time.Duration // for requests at work when the server ends
	ack    time.Duration // until the console has stored what it was handed
	ping   time.Duration // how often a follower is asked whether it lives
	silent time.Duration // until a follower without an answer counts as dead
	rest   time.Duration // after following for a short while only
}

func standardTimes() times {
	return times{
		hello: 5 * time.Second, idle: 3 * time.Minute, frame: 10 * time.Second, work: 2 * time.Minute, drain: 5 * time.Second,
		ack: time.Minute, ping: 5 * time.Second, silent: 10 * time.Second, rest: time.Second,
	}
}

// hello is the first frame of each side.
type hello struct {
	Protocol int    `json:"protocol"`
	Version  string `json:"version"`
	Refusal  *flaw  `json:"refusal,omitempty"` // the helper's: why it won't talk
}

// flaw is a fault on the wire: what may be shown of it. The cause stays in the log of
// the side that it happened on, under the request's id.
type flaw struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Mend    string     `json:"mend,omitempty"`
}

func flawOf(err error) *flaw {
	if err == nil {
		return nil
	}
	return &flaw{Code: fault.CodeOf(err), Message: fault.MessageOf(err), Mend: fault.MendOf(err)}
}

// err is the fault again; nil for no flaw.
func (f *flaw) err() error {
	if f == nil {
		return nil
	}
	code := fault.Internal
	for _, known := range fault.Codes() {
		if f.Code == known {
			code = known
		}
	}
	return fault.New(code, "%s", f.Message).WithMend("%s", f.Mend)
}
