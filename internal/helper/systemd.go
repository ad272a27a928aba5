package helper

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"

	"bangui/internal/fault"
)

// Inherited is the socket that systemd made for us (socket activation); nil when it
// made none. getenv reads the environment.
func Inherited(getenv func(string) string) (net.Listener, error) {
	if getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) {
		return nil, nil //nolint:nilnil // there is none
	}
	if n := getenv("LISTEN_FDS"); n != "1" {
		return nil, fault.New(fault.Invalid, "systemd handed over %q sockets; the helper has use for one", n).WithMend("Name one ListenStream in the socket unit.")
	}
	const first = 3
	file := os.NewFile(first, "the socket that systemd made")
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "what systemd handed over is not a socket to listen at")
	}
	unix, ok := listener.(*net.UnixListener)
	if !ok {
		_ = listener.Close()
		return nil, fault.New(fault.Invalid, "systemd handed over a %s socket; the helper serves Unix sockets only", listener.Addr().Network())
	}
	unix.SetUnlinkOnClose(false) // it is systemd's
	return unix, nil
}

// Notify tells systemd a state such as READY=1, where it asked for that.
func Notify(ctx context.Context, getenv func(string) string, state string) error {
	address := getenv("NOTIFY_SOCKET")
	if address == "" {
		return nil
	}
	const enough = time.Second
	dialer := net.Dialer{Timeout: enough}
	conn, err := dialer.DialContext(ctx, "unixgram", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(enough)); err != nil {
		return err
	}
	_, err = conn.Write([]byte(state))
	return err
}
