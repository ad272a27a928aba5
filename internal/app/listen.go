package app

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"bangui/internal/fault"
)

// portTries bounds how often a free port is looked for that all addresses have free.
const portTries = 10

// listen opens all addresses of the settings, on one port. A machine without IPv6 has no
// ::1; that is no error as long as 127.0.0.1 is served.
func (a *App) listen(ctx context.Context) ([]*net.TCPListener, error) {
	addresses := a.Config.Listen
	for try := 1; ; try++ {
		listeners, err := a.listenAt(ctx, addresses)
		if addresses[0].Port() != 0 || !errors.Is(err, syscall.EADDRINUSE) || try == portTries {
			return listeners, err
		}
	}
}

func (a *App) listenAt(ctx context.Context, addresses []netip.AddrPort) ([]*net.TCPListener, error) {
	var listeners []*net.TCPListener
	port := addresses[0].Port()
	for _, at := range addresses {
		at = netip.AddrPortFrom(at.Addr(), port)
		l, err := listenTCP(ctx, at)
		switch {
		case err == nil:
			listeners = append(listeners, l)
			port = addressOf(l).Port()
		case len(listeners) > 0 && at.Addr() == netip.IPv6Loopback() && isMissing(err):
			a.logger.InfoContext(ctx, "this machine has no IPv6 loopback; going on without it", "address", at.String())
		default:
			return nil, errors.Join(listenFault(err, at), closeAll(listeners))
		}
	}
	return listeners, nil
}

// listenTCP opens one address: that of IPv4 for IPv4 only, and [::] for both.
func listenTCP(ctx context.Context, at netip.AddrPort) (*net.TCPListener, error) {
	network := "tcp"
	if at.Addr().Is4() {
		network = "tcp4"
	}
	var listening net.ListenConfig
	listening.SetMultipathTCP(false) // its sockets can't be deafened
	l, err := listening.Listen(ctx, network, at.String())
	if err != nil {
		return nil, err
	}
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, errors.Join(fault.New(fault.Internal, "%s is no TCP listener", network), l.Close())
	}
	return tcp, nil
}

func isMissing(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

func closeAll(listeners []*net.TCPListener) error {
	var all error
	for _, l := range listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	return all
}

func addressOf(l *net.TCPListener) netip.AddrPort {
	at, _ := netip.ParseAddrPort(l.Addr().String()) // a TCP listener has no other kind
	return at
}

// nearby is where programs of this machine reach what listens at an address.
func nearby(at netip.AddrPort) string {
	addr := at.Addr().Unmap()
	switch {
	case addr == netip.IPv4Unspecified():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case addr == netip.IPv6Unspecified():
		addr = netip.IPv6Loopback()
	}
	return net.JoinHostPort(addr.String(), strconv.Itoa(int(at.Port())))
}

func listenFault(err error, at netip.AddrPort) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fault.Wrap(err, fault.Conflict, "the address %s is taken by another program", at).
			WithMend("Stop that program, or set another one: --listen %s", netip.AddrPortFrom(at.Addr(), at.Port()+1))
	case errors.Is(err, syscall.EACCES):
		return fault.Wrap(err, fault.PermissionDenied, "this user may not listen on port %d", at.Port()).
			WithMend("Ports below 1024 are root's: use --listen %s:8000", at.Addr())
	default:
		return fault.Wrap(err, fault.Invalid, "the address %s can't be listened on (%s)", at, reason(err)).
			WithMend("Set listen to an address that this machine has, such as 127.0.0.1:8000.")
	}
}
