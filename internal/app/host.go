package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/config"
	"bangui/internal/demo"
	"bangui/internal/doctor"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/helper"
	"bangui/internal/host"
	"bangui/internal/versions"
)

// pingTime bounds the one question to fail2ban that a start asks.
const pingTime = 3 * time.Second

// startDemo starts the demo server and makes it the fail2ban that is served.
func (a *App) startDemo(ctx context.Context) error {
	server, err := demo.Open(ctx, demo.Options{
		Dir: filepath.Join(a.Config.DataDir, "demo"), Stock: a.Config.Fail2banConfig,
		Logger: a.logger.With("part", "demo"), Seed: uint64(time.Now().UnixNano()),
	})
	if err != nil {
		return err
	}
	a.demo = server
	a.fail2ban = paths{socket: server.Socket(), configDir: server.ConfigDir(), database: server.Database(), log: server.LogPath()}
	a.demoTask = startTask(ctx, func(ctx context.Context) { _ = server.Run(ctx) }) // it ends with ctx
	if !a.readByAPerson() {
		a.logger.WarnContext(ctx, "this is a demo server: this machine is not protected by it")
	}
	return nil
}

func (a *App) stopDemo(ctx context.Context) error {
	return errors.Join(a.demoTask.end(ctx), a.demo.Close(ctx))
}

func pathsOf(c config.Config) paths {
	return paths{c.Fail2banSocket, c.Fail2banConfig, c.Fail2banDB, c.Fail2banLog, c.PathMap}
}

// startHost begins to follow fail2ban. A fail2ban that is away is a state, told
// once in the log with what to do about it; one that we may not talk to ends the
// start, since nothing will change that while we run.
func (a *App) startHost(ctx context.Context) error {
	id, err := hostID(a.Config.DataDir)
	if err != nil {
		return err
	}
	if a.host, err = a.openHost(ctx, id); err != nil {
		return err
	}
	if err := a.store.EnsureHost(ctx, id, a.host.State().Name); err != nil {
		return errors.Join(err, a.hintTask.end(ctx))
	}
	a.versions = versions.New(versions.Options{Store: a.store, Findings: a.findings, Logger: a.logger.With("part", "versions"), Now: time.Now})
	a.registry.AddLocal(a.versions.Of(a.host))
	a.versionsTask = startTask(ctx, func(ctx context.Context) { a.versions.Run(ctx, a.host) })
	a.hostTask = startTask(ctx, func(ctx context.Context) {
		if err := a.host.Run(ctx, recorder{a.archive}); err != nil && ctx.Err() == nil {
			a.logger.ErrorContext(ctx, "following fail2ban ended", "error", err)
		}
	})
	return nil
}

// openHost is the host that we serve ourselves: behind the helper, or in this process.
func (a *App) openHost(ctx context.Context, id string) (host.Host, error) {
	if a.Config.Helper != "" {
		return a.openHelper(ctx, id)
	}
	client := fail2ban.New(fail2ban.Options{Socket: a.fail2ban.socket, Logger: a.logger.With("part", "fail2ban")})
	if err := a.permitted(ctx, client); err != nil {
		return nil, err
	}
	options := localOptions(a.fail2ban, client, id, a.logger.With("part", "host"))
	if options.InProcess = !a.Config.Demo; a.Config.Demo {
		options.Name, options.Demo = "demo", true
		options.LogFolders = []string{filepath.Dir(a.demo.LogPath())}
	}
	options.Protected = a.signedInAdmins
	owner := a.HelperConf
	if a.Config.Demo {
		owner = "" // it is about this machine, which a demo does not touch
	}
	return guarded(host.NewLocal(options), owner, "then restart the console", &host.Epochs{})
}

// openHelper asks the helper one thing. Only a refusal is an error: a helper that is
// away, or of another version, is a state that passes.
func (a *App) openHelper(ctx context.Context, id string) (host.Host, error) {
	client := newClient(a.Config.Helper, id, a.Version, a.protected, a.logger.With("part", "helper"))
	err := client.Look(ctx)
	if fault.Is(err, fault.PermissionDenied) {
		return nil, err
	}
	if err != nil {
		a.logger.WarnContext(ctx, "the helper can't be used; waiting for it", "error", err, "mend", fault.MendOf(err))
	}
	return client, nil
}

func newClient(socket, id, version string, protected func() []allowlist.Entry, logger *slog.Logger) *helper.Client {
	return helper.NewClient(helper.ClientOptions{
		Socket: socket, ID: id, Name: machineName(), Version: version, Protected: protected, Logger: logger, Now: time.Now,
	})
}

func (a *App) stopHost(ctx context.Context) error {
	return errors.Join(a.versionsTask.end(ctx), a.hintTask.end(ctx), a.hostTask.end(ctx))
}

// permitted asks fail2ban one thing. Only a refusal of the operating system is an error.
func (a *App) permitted(ctx context.Context, client *fail2ban.Client) error {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	err := client.Ping(ctx)
	switch {
	case err == nil:
		return nil
	case fault.Is(err, fault.Fail2banForbidden), fault.Is(err, fault.PermissionDenied):
		return fault.Wrap(err, fault.PermissionDenied, "this user may not talk to fail2ban at %s", a.fail2ban.socket).
			WithMend("Run it as root: sudo %s", cmp.Or(a.Command, "bangui serve"))
	default:
		a.logger.WarnContext(ctx, "fail2ban does not answer; waiting for it", "error", err)
		a.hintTask = startTask(ctx, a.hint)
		return nil
	}
}

// hint looks for the reason why fail2ban is away and tells it in the log.
func (a *App) hint(ctx context.Context) {
	client := fail2ban.New(fail2ban.Options{Socket: a.fail2ban.socket})
	found := doctor.Look(ctx, doctor.This(client.Ping, a.fail2ban.configDir, a.Command))
	if found.State != doctor.Running && ctx.Err() == nil {
		a.logger.WarnContext(ctx, "what is known about fail2ban", "found", found.Text, "state", string(found.State), "output", found.Output, "mend", found.Mend)
	}
}

// localOptions are those of the fail2ban of this machine.
func localOptions(p paths, client *fail2ban.Client, id string, logger *slog.Logger) host.LocalOptions {
	return host.LocalOptions{
		ID: id, Name: machineName(),
		Client: client, Socket: p.socket, ConfigDir: p.configDir, LogPath: p.log, Database: p.database, Paths: p.seenAt,
		System: allowlist.System{}, Logger: logger, Now: time.Now,
	}
}

func machineName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "this machine"
	}
	return name
}

// guarded is this machine's fail2ban with the rules that its owner wrote down in a file,
// whoever holds fail2ban's socket: the helper, the console, or one command. "" is no file;
// again says, for people, what makes a change of it count.
func guarded(local *host.Local, owner, again string, epochs *host.Epochs) (*host.Guard, error) {
	conf, err := helper.ReadConf(owner)
	if err != nil {
		return nil, err
	}
	if conf.LogFolders == nil {
		conf.LogFolders = local.LogFolders // a demo's are its own
	}
	local.LogFolders = conf.LogFolders
	in := " in " + cmp.Or(owner, "helper.conf (a demo reads none)") + ", " + again
	return host.NewGuard(local, host.GuardOptions{
		System: local.System, Protected: func() []allowlist.Entry { return conf.NeverBan },
		OwnJail: conf.ManualJail, Switch: "manual-jail = yes" + in, Epochs: epochs,
		Configure: conf.Configure, LogFolders: conf.LogFolders, ConfigSwitch: "configuration = code (or data)" + in,
		Restarts: conf.Restarts, RestartSwitch: "restart = yes" + in,
	}), nil
}
