package fail2ban

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"time"

	"bangui/internal/fail2ban/pickle"
)

const (
	endMark   = "<F2B_END_COMMAND>"
	closeMark = "<F2B_CLOSE_COMMAND>"
)

var (
	errSocketGone      = errors.New("nobody listens")
	errSocketForbidden = errors.New("no permission")
)

// conn is one connection. After an error nothing more is read from it: what follows
// could be part of a reply that an attacker's text has shaped.
type conn struct {
	net  net.Conn
	in   *bufio.Reader
	peer Peer
}

// dial connects, and tries again while the backlog of one is full (fail2ban.md 0.2).
func dial(ctx context.Context, socket string) (*conn, error) {
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "unix", socket)
		switch {
		case err == nil:
			return open(ctx, c)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR):
			return nil, fmt.Errorf("%w: %w", errSocketGone, err)
		case errors.Is(err, fs.ErrPermission):
			return nil, fmt.Errorf("%w: %w", errSocketForbidden, err)
		case !errors.Is(err, syscall.EAGAIN):
			return nil, err
		}
		pause := time.NewTimer(5*time.Millisecond + rand.N(45*time.Millisecond)) //nolint:gosec // jitter
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, ctx.Err()
		case <-pause.C:
		}
	}
}

func open(ctx context.Context, c net.Conn) (*conn, error) {
	cn := &conn{net: c, in: bufio.NewReaderSize(c, 64<<10)}
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	var err error
	if cn.peer, err = peerOf(c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return cn, nil
}

// peerOf asks the kernel who listens at the other end.
func peerOf(c net.Conn) (Peer, error) {
	unix, ok := c.(*net.UnixConn)
	if !ok {
		return Peer{}, errors.New("not a Unix socket")
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *syscall.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err = errors.Join(err, credErr); err != nil {
		return Peer{}, fmt.Errorf("ask who listens: %w", err)
	}
	return Peer{PID: int(cred.Pid), UID: int(cred.Uid), GID: int(cred.Gid)}, nil
}

// close says good-bye and closes, whatever state the connection is in.
func (cn *conn) close() {
	_ = cn.net.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = io.WriteString(cn.net, closeMark+endMark)
	_ = cn.net.Close()
}

// ask sends a command and gives the value of its reply.
func (cn *conn) ask(command []any) (any, error) {
	request, err := pickle.Encode(command)
	if err != nil {
		return nil, unsendable(err)
	}
	return cn.exchange(request)
}

// askStream is ask for commands out of fail2ban's own configuration.
func (cn *conn) askStream(command []any) (any, error) {
	request, err := pickle.EncodeStream(command)
	if err != nil {
		return nil, unsendable(err)
	}
	return cn.exchange(request)
}

func (cn *conn) exchange(request []byte) (any, error) {
	if _, err := cn.net.Write(append(request, endMark...)); err != nil {
		return nil, err
	}
	reply, err := pickle.Decode(cn.in)
	if err != nil {
		return nil, err
	}
	var mark [len(endMark)]byte
	if _, err := io.ReadFull(cn.in, mark[:]); err != nil {
		return nil, err
	}
	if string(mark[:]) != endMark {
		return nil, errors.New("a reply does not end with the marker")
	}
	return valueOf(reply)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
