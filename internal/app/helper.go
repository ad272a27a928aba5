package app

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/config"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/helper"
	"bangui/internal/host"
)

// HelperOptions are what one helper is started with.
type HelperOptions struct {
	Config  config.Config // of it: where fail2ban is, and how to log
	Version string
	Log     io.Writer // log lines; never nil
	Command string    // how this was started, for "run it as root"
	Getenv  func(name string) string

	Socket        string   // where to listen, unless systemd made the socket
	Users, Groups []string // who may connect, by name or number
	Conf          string   // path of the file in which the machine's owner says what is allowed
	StateDir      string   // folder that outlives the helper; "" = it remembers nothing
}

// RunHelper serves this machine's fail2ban to consoles of the allowed users, until ctx
// ends. It returns nil after an orderly end, else a fault. A fail2ban that is away is a
// state; one that we may not talk to is an error.
func RunHelper(ctx context.Context, o HelperOptions) error {
	all := newLogger(o.Log, o.Config).With("app", "bangui")
	logger := all.With("part", "helper")
	guard, err := guardedBy(o.Config, o.Conf, o.StateDir, all)
	if err != nil {
		return err
	}
	if err := mayTalk(ctx, o, logger); err != nil {
		return err
	}
	allowed, err := helper.Allow(o.Users, o.Groups)
	if err != nil {
		return err
	}
	if allowed.Nobody() {
		logger.WarnContext(ctx, "only root may connect; name the console's user with --allow-user")
	}
	listener, err := listen(ctx, o, allowed)
	if err != nil {
		return err
	}
	began := time.Now()
	logger.InfoContext(ctx, "helper is up", "socket", listener.Addr().String(), "version", o.Version, "pid", os.Getpid(), "fail2ban", o.Config.Fail2banSocket)
	tellSystemd(ctx, o, "READY=1", logger)
	stopping := context.AfterFunc(ctx, func() {
		ctx := context.WithoutCancel(ctx)
		logger.InfoContext(ctx, "stopping: asked to")
		tellSystemd(ctx, o, "STOPPING=1", logger)
	})
	defer stopping()
	err = helper.New(helper.Options{Host: guard, Allow: allowed, Version: o.Version, Logger: logger}).Run(ctx, listener)
	logger.InfoContext(context.WithoutCancel(ctx), "helper stopped", "duration", since(began))
	return err
}

// guardedBy is this machine's fail2ban, with the rules that its owner wrote down.
func guardedBy(c config.Config, path, stateDir string, logger *slog.Logger) (*host.Guard, error) {
	conf, err := helper.ReadConf(path)
	if err != nil {
		return nil, err
	}
	epochs, err := epochsIn(stateDir)
	if err != nil {
		return nil, err
	}
	client := fail2ban.New(fail2ban.Options{Socket: c.Fail2banSocket, Logger: logger.With("part", "fail2ban")})
	local := host.NewLocal(localOptions(pathsOf(c), client, "", logger.With("part", "host")))
	return host.NewGuard(local, host.GuardOptions{
		System: local.System, Protected: func() []allowlist.Entry { return conf.NeverBan },
		OwnJail: conf.ManualJail, Switch: "manual-jail = yes in " + path + ", then restart the helper",
		Epochs:    epochs,
		Configure: conf.Configure, LogFolders: conf.LogFolders, ConfigSwitch: "configuration = code (or data) in " + path + ", then restart the helper",
	}), nil
}

// epochsIn are those that are kept in a folder, or in memory where there is none.
func epochsIn(dir string) (*host.Epochs, error) {
	if dir == "" {
		return &host.Epochs{}, nil
	}
	return host.NewEpochs(filepath.Join(dir, "scheduler-epoch"))
}

// mayTalk asks fail2ban one thing. Only a refusal of the operating system is an error.
func mayTalk(ctx context.Context, o HelperOptions, logger *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	err := fail2ban.New(fail2ban.Options{Socket: o.Config.Fail2banSocket}).Ping(ctx)
	switch {
	case fault.Is(err, fault.Fail2banForbidden), fault.Is(err, fault.PermissionDenied):
		return fault.Wrap(err, fault.PermissionDenied, "this user may not talk to fail2ban at %s", o.Config.Fail2banSocket).
			WithMend("Run it as root: sudo %s", cmp.Or(o.Command, "bangui helper"))
	case err != nil:
		logger.WarnContext(ctx, "fail2ban does not answer; waiting for it", "error", err)
	}
	return nil
}

// listen takes the socket that systemd made, else makes one.
func listen(ctx context.Context, o HelperOptions, allowed helper.Allowed) (net.Listener, error) {
	listener, err := helper.Inherited(o.Getenv)
	if err != nil || listener != nil {
		return listener, err
	}
	return helper.Listen(ctx, o.Socket, allowed)
}

func tellSystemd(ctx context.Context, o HelperOptions, state string, logger *slog.Logger) {
	if err := helper.Notify(ctx, o.Getenv, state); err != nil {
		logger.WarnContext(ctx, "systemd was not told", "state", state, "error", err)
	}
}
