package app

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"bangui/internal/certificate"
	"bangui/internal/config"
	"bangui/internal/health"
)

// certificateDir is where the certificate of our own stands.
func certificateDir(c config.Config) string { return filepath.Join(c.DataDir, "tls") }

// startTLS loads the certificate, or makes it, and follows it.
func (a *App) startTLS(ctx context.Context) error {
	if !a.Config.Encrypted() {
		a.warnOfPlainHTTP(ctx)
		return nil
	}
	keeper, err := certificate.Open(certificate.Options{
		Cert: a.Config.TLSCert, Key: a.Config.TLSKey, Dir: certificateDir(a.Config), Names: a.certificateNames,
		Logger: a.logger.With("part", "certificate"), Now: time.Now, Changed: a.certificateChanged,
	})
	if err != nil {
		return err
	}
	a.certificate = keeper
	leaf := keeper.Current().Leaf
	a.logger.InfoContext(ctx, "certificate", "fingerprint", certificate.Shown(certificate.Fingerprint(keeper.Current())),
		"until", leaf.NotAfter.UTC().Format(time.DateOnly), "self_signed", keeper.Own())
	a.certificateTask = startTask(ctx, func(ctx context.Context) { keeper.Run(ctx, a.Hangup) })
	return nil
}

func (a *App) stopTLS(ctx context.Context) error { return a.certificateTask.end(ctx) }

// certificateChanged tells the commands of this machine which certificate is ours now.
func (a *App) certificateChanged() {
	if err := a.writeListenFile(); err != nil {
		a.logger.Error("the file listen can't be written", "error", err)
	}
}

// certificateNames are all names and addresses by which browsers may ask for us.
func (a *App) certificateNames() []string {
	all := []string{"localhost"}
	if name, err := os.Hostname(); err == nil {
		all = append(all, name)
	}
	if public, err := url.Parse(a.Config.PublicURL); err == nil {
		all = append(all, public.Hostname())
	}
	all = append(all, a.Config.AllowedHosts...)
	for _, at := range append(slices.Clone(a.Config.Listen), netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort("[::1]:0")) {
		if addr := at.Addr(); !addr.IsUnspecified() && !slices.Contains(all, addr.String()) {
			all = append(all, addr.String())
		}
	}
	return append(all, interfaceAddresses()...)
}

// interfaceAddresses are those of this machine; none where a sandbox hides them.
func interfaceAddresses() (all []string) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			all = append(all, network.IP.String())
		}
	}
	return all
}

// warnOfPlainHTTP says what it means that passwords and cookies travel in the clear. A
// proxy that speaks https is known by public-url.
func (a *App) warnOfPlainHTTP(ctx context.Context) {
	if public, err := url.Parse(a.Config.PublicURL); !a.Config.BeyondLoopback() || (err == nil && public.Scheme == "https") {
		return
	}
	const (
		text = "Page and API are served over plain HTTP beyond this machine: passwords, sign-in cookies and API tokens travel in the clear."
		mend = "Set tls = self-signed, or tls-cert and tls-key; or put a proxy that speaks https in front and set public-url to its address."
	)
	a.findings.Set("plain_http", health.Warning, text, mend)
	a.logger.WarnContext(ctx, "page and API are served over plain HTTP beyond this machine", "mend", mend)
}
