package app

import (
	"context"
	"log/slog"

	"bangui/internal/config"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// Withdraw takes what BanGUI added to fail2ban out of it again: our own jail is
// stopped and its file removed. It is what comes before BanGUI itself is removed,
// so a fail2ban that is away does not stop it: then only the file goes, which is
// all that a later start of fail2ban would read. withdrawn is the file's path, "" when there was none
// of ours; files of others stay.
func Withdraw(ctx context.Context, c config.Config, logger *slog.Logger) (withdrawn string, err error) {
	client := fail2ban.New(fail2ban.Options{Socket: c.Fail2banSocket, Logger: logger})
	local := host.NewLocal(localOptions(pathsOf(c), client, "direct", logger))
	own, err := local.ManualJail(ctx)
	if fault.Is(err, fault.NotFound) {
		return "", nil // no configuration of fail2ban, so nothing of ours in it
	}
	if err != nil || own.Foreign || !own.Installed {
		return "", err
	}
	direct, err := openHere(ctx, c, "", logger) // not through a helper: what may forbid it is going too
	if err != nil {
		return own.Path, local.RemoveManualJail(ctx)
	}
	defer direct.Close()
	return own.Path, direct.RemoveManualJail(ctx)
}
