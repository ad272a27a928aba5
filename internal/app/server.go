package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"bangui/internal/fault"
)

// Bounds of the http server. Event streams set their own write deadlines.
const (
	headerSize = 16 << 10
	headerTime = 5 * time.Second
	bodyTime   = 30 * time.Second
	answerTime = 60 * time.Second
	idleTime   = 60 * time.Second
)

// startHTTP listens and serves. The address is known before anything is served, so
// port 0 works: the chosen one is logged and written to <data-dir>/listen.
func (a *App) startHTTP(ctx context.Context) error {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", a.Config.Listen.String())
	if err != nil {
		return listenFault(err, a.Config.Listen)
	}
	a.listener = listener
	if err := writeFile(a.listenFile(), a.url()+"\n", 0o644); err != nil {
		return errors.Join(dirFault(err, a.Config.DataDir), listener.Close())
	}
	a.server = &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerSize,
		ErrorLog:       slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := a.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- err
		}
	}()
	a.logger.InfoContext(ctx, "serving", "url", a.url())
	return nil
}

// stopHTTP takes no more requests, ends the event streams, and waits for what is
// being answered. What is not done by then is cut off.
func (a *App) stopHTTP(ctx context.Context) error {
	close(a.stopping)
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, a.server.Close())
	}
	if removed := os.Remove(a.listenFile()); removed != nil && !errors.Is(removed, os.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

func (a *App) listenFile() string { return filepath.Join(a.Config.DataDir, "listen") }

// url is the address of the page as seen from this machine.
func (a *App) url() string {
	at := a.listener.Addr().String()
	if bound, err := netip.ParseAddrPort(at); err == nil && bound.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), bound.Port()).String()
	}
	return "http://" + at + a.Config.BasePath + "/"
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
