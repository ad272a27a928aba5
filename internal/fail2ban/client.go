// Package fail2ban is the client of one running fail2ban server: its Unix socket,
// its log and its database.
//
// The socket is one thread that runs each command to its end, with a listen backlog
// of one; about a thousand open connections make the server shut down and lift all
// bans (fail2ban.md 0, seen on 1.0.2). So a Client never holds more than two
// connections, closes each after its command, lets reads go before bulk work, and
// keeps every bulk command short.
package fail2ban

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"bangui/internal/fault"
)

// Deadlines of commands whose caller sets none that is shorter.
const (
	readTime = 2 * time.Second
	listTime = 10 * time.Second
	bulkTime = 60 * time.Second
)

// Options say which server a Client talks to.
type Options struct {
	Socket string // path of the Unix socket
	Logger *slog.Logger
	// Location is the time zone of the server process, in which it writes the starts
	// of bans; nil means time.Local.
	Location *time.Location
}

// Client talks to one server. It is safe for concurrent use and holds nothing open
// between commands.
type Client struct {
	socket   string
	logger   *slog.Logger
	location *time.Location
	queue    queue
	peer     atomic.Pointer[Peer]
	version  atomic.Pointer[knownVersion]
	noStats  atomic.Int64 // pid of a server that does not answer `stats` as 1.1 does
}

// Peer is the process that answers at the socket.
type Peer struct{ PID, UID, GID int }

type knownVersion struct {
	pid     int
	version Version
}

// New returns a client. It connects with the first command.
func New(o Options) *Client {
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Client{socket: o.Socket, logger: o.Logger, location: o.Location}
}

// Peer is the process that answered last; the zero Peer before the first answer. A
// changed PID means that fail2ban was restarted.
func (c *Client) Peer() Peer {
	if p := c.peer.Load(); p != nil {
		return *p
	}
	return Peer{}
}

// class orders commands: reads go before bulk work.
type class int

const (
	read class = iota
	bulk
)

// session lends one connection to work and closes it after. Commands of one session
// follow each other on that connection.
func (c *Client) session(ctx context.Context, cl class, limit time.Duration, work func(*conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := c.queue.enter(ctx, cl); err != nil {
		return err
	}
	defer c.queue.leave(cl)
	cn, err := dial(ctx, c.socket)
	if err != nil {
		return dialFault(ctx, c.socket, err)
	}
	defer cn.close()
	if err := work(cn); err != nil {
		return wireFault(ctx, err)
	}
	c.peer.Store(&cn.peer)
	return nil
}

// ask sends one command and gives its value.
func (c *Client) ask(ctx context.Context, cl class, limit time.Duration, command ...any) (any, error) {
	var value any
	err := c.session(ctx, cl, limit, func(cn *conn) (err error) {
		value, err = cn.ask(command)
		return err
	})
	return value, err
}

// asAnswer turns a value into what the caller expects, or says that it isn't.
func asAnswer[T any](value any, err error) (T, error) {
	var zero T
	if err != nil {
		return zero, err
	}
	v, ok := value.(T)
	if !ok {
		return zero, unexpected(value)
	}
	return v, nil
}

func unexpected(value any) error {
	return fault.New(fault.Fail2banGarbled, "fail2ban answered with a %T where something else was due", value)
}

// Ping reports whether the server answers. It says nothing about its jails.
func (c *Client) Ping(ctx context.Context) error {
	answer, err := asAnswer[string](c.ask(ctx, read, readTime, "ping"))
	if err == nil && answer != "pong" {
		return unexpected(answer)
	}
	return err
}

// Version asks which version answers, once for each run of the server.
func (c *Client) Version(ctx context.Context) (Version, error) {
	if k := c.version.Load(); k != nil && k.pid == c.Peer().PID {
		return k.version, nil
	}
	text, err := asAnswer[string](c.ask(ctx, read, readTime, "version"))
	if err != nil {
		return Version{}, err
	}
	v := ParseVersion(text)
	c.version.Store(&knownVersion{pid: c.Peer().PID, version: v})
	return v, nil
}

func dialFault(ctx context.Context, socket string, err error) error {
	switch {
	case errors.Is(err, errSocketGone):
		return fault.Wrap(err, fault.Fail2banUnreachable, "fail2ban is not running: nobody answers at %s", socket).
			WithMend("Start it: systemctl start fail2ban")
	case errors.Is(err, errSocketForbidden):
		return fault.Wrap(err, fault.Fail2banForbidden, "BanGUI may not open fail2ban's socket %s", socket).
			WithMend("Only root may: run BanGUI with sudo.")
	case ctx.Err() != nil:
		return fault.Wrap(err, fault.Fail2banTimeout, "fail2ban did not take the connection in time")
	default:
		return fault.Wrap(err, fault.Fail2banUnreachable, "fail2ban can't be reached at %s", socket)
	}
}

// wireFault gives every error of a command a code; those that have one keep it.
func wireFault(ctx context.Context, err error) error {
	var coded *fault.Error
	switch {
	case errors.As(err, &coded):
		return err
	case ctx.Err() != nil || isTimeout(err):
		return fault.Wrap(err, fault.Fail2banTimeout, "fail2ban did not answer in time")
	case isGone(err):
		return fault.Wrap(err, fault.Fail2banUnreachable, "fail2ban closed the connection; it may be stopping")
	default:
		return fault.Wrap(err, fault.Fail2banGarbled, "what answers at the socket does not speak fail2ban's protocol")
	}
}

// Reload makes the server take up a configuration: target is a jail or "--all", the
// options are out of --restart, --unban and --if-exists, the stream is what
// ParseStream gives. A stream that fails half way leaves the server without the jails
// that it did not start (fail2ban.md 6.3), so rehearse it first.
func (c *Client) Reload(ctx context.Context, target string, options []string, stream [][]any) error {
	if options == nil {
		options = []string{}
	}
	return c.sendStream(ctx, []any{"reload", target, options, stream})
}

// ServerStream runs commands one after the other; the first that fails ends it, and
// what came before stays.
func (c *Client) ServerStream(ctx context.Context, stream [][]any) error {
	return c.sendStream(ctx, []any{"server-stream", stream})
}

func (c *Client) sendStream(ctx context.Context, request []any) error {
	return c.session(ctx, bulk, bulkTime, func(cn *conn) error {
		_, err := cn.askStream(request)
		return err
	})
}

// text is a command's answer as text, for options whose type varies by version.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}
