package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"bangui/internal/certificate"
	"bangui/internal/client"
	"bangui/internal/config"
)

// Bounds of the http server. Event streams set their own write deadlines.
const (
	headerSize = 16 << 10
	headerTime = 5 * time.Second
	bodyTime   = 30 * time.Second
	answerTime = 60 * time.Second
	idleTime   = 60 * time.Second

	maxH2Streams = 100 // requests at once on one connection of HTTP/2
)

// startHTTP listens and serves. The address is known before anything is served, so
// port 0 works: the chosen one is logged and written to <data-dir>/listen.
func (a *App) startHTTP(ctx context.Context) error {
	listeners, err := a.listen(ctx)
	if err != nil {
		return err
	}
	a.listeners = listeners
	if err := a.writeListenFile(); err != nil {
		return errors.Join(dirFault(err, a.Config.DataDir), closeAll(listeners))
	}
	a.presenceTask = startTask(ctx, a.keepListenFile)
	a.crowd = newCrowd(a.trust(), a.logger.With("part", "http"))
	a.server = &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerSize, ConnState: a.crowd.observe,
		HTTP2:                        &http.HTTP2Config{MaxConcurrentStreams: maxH2Streams},
		DisableGeneralOptionsHandler: true, // `OPTIONS *` is refused with our headers
		ErrorLog:                     slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}
	if a.certificate != nil {
		a.server.TLSConfig = a.certificate.Config()
	}
	for _, l := range listeners {
		go a.serve(l)
		a.logger.InfoContext(ctx, "serving", "url", a.urlAt(addressOf(l)))
	}
	return nil
}

// serve serves one listener until it is closed.
func (a *App) serve(l *net.TCPListener) {
	err := a.serveOn(crowded{l, a.crowd})
	select {
	case <-a.stopping: // then it was we who closed it
	default:
		a.fail(fmt.Errorf("the http server ended: %w", err))
	}
}

func (a *App) serveOn(l net.Listener) error {
	if a.certificate == nil {
		return a.server.Serve(l)
	}
	return a.server.ServeTLS(certificate.Listener{Listener: l, Address: a.secureAddress}, "", "")
}

// secureAddress is where a client that spoke plain HTTP to a host of ours finds the page.
func (a *App) secureAddress(host string) string {
	if !namesOf(a.Config).known(host) {
		return a.url()
	}
	return "https://" + host + a.Config.BasePath + "/"
}

// stopHTTP takes no more connections, ends the event streams, and waits for what is
// being answered. What is not done by then is cut off.
func (a *App) stopHTTP(ctx context.Context) error {
	began := time.Now()
	a.parts.report("http", "stopping", "")
	close(a.stopping)
	a.logger.InfoContext(ctx, "stopping: no new connections; event streams end")
	err := a.hangUp(ctx)
	a.logger.InfoContext(ctx, "stopping: waiting for the requests that are being answered", "duration", since(began))
	if cut := a.server.Shutdown(ctx); cut != nil {
		a.logger.WarnContext(ctx, "stopping: requests were cut off", "duration", since(began), "error", cut)
		err = errors.Join(err, cut, a.server.Close())
	} else {
		a.logger.InfoContext(ctx, "stopping: every request is answered", "duration", since(began))
	}
	return errors.Join(err, a.presenceTask.end(ctx), a.removeListenFile())
}

// keepListenFile puts the file back when it goes: another console on the same folder, that
// was refused, took it along.
func (a *App) keepListenFile(ctx context.Context) {
	const every = 2 * time.Second
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := os.Stat(a.listenFile()); errors.Is(err, fs.ErrNotExist) {
				_ = a.writeListenFile() // the folder may be gone; health tells that
			}
		}
	}
}

// removeListenFile removes the file, unless it is another console's by now.
func (a *App) removeListenFile() error {
	content, err := os.ReadFile(a.listenFile())
	if err == nil && string(content) == a.listenLine() {
		err = os.Remove(a.listenFile())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (a *App) listenFile() string { return filepath.Join(a.Config.DataDir, "listen") }

// writeListenFile tells the commands of this machine where we are. Behind the address
// stands the certificate that they will see, since its names may not be that address.
func (a *App) writeListenFile() error { return writeFile(a.listenFile(), a.listenLine(), 0o644) }

func (a *App) listenLine() string {
	address := a.url()
	if a.certificate != nil {
		address += client.Pin(certificate.Fingerprint(a.certificate.Current()))
	}
	return address + "\n"
}

// LocalURL is where a console with these settings is reached from its own machine, with
// its certificate if it makes that itself; a port that is chosen at the start isn't known.
func LocalURL(c config.Config) string {
	scheme, pin := "http://", ""
	if c.Encrypted() {
		scheme = "https://"
		if fingerprint := OwnFingerprint(c); fingerprint != "" && c.TLSCert == "" {
			pin = client.Pin(fingerprint)
		}
	}
	return scheme + nearby(c.Listen[0]) + c.BasePath + "/" + pin
}

// OwnFingerprint is the SHA-256 of the certificate that a console with these settings
// has made; "" when it has none.
func OwnFingerprint(c config.Config) string {
	return certificate.Shown(certificate.OwnFingerprint(certificateDir(c)))
}

// url is the address of the page.
func (a *App) url() string { return a.urlAt(addressOf(a.listeners[0])) }

func (a *App) urlAt(at netip.AddrPort) string {
	scheme := "http://"
	if a.certificate != nil {
		scheme = "https://"
	}
	return scheme + nearby(at) + a.Config.BasePath + "/"
}
