package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/auth"
	"bangui/internal/config"
	"bangui/internal/fault"
)

// SetupFile is where the token of the first set-up stands while that is open.
func SetupFile(dataDir string) string { return filepath.Join(dataDir, "setup-token") }

// SetupLink leads to the page of the set-up. The token is in the fragment: browsers send
// that to nobody.
func SetupLink(url, token string) string { return url + "#setup=" + token }

// startAccounts opens the accounts. Where there is no user yet it makes the first admin,
// if the settings say who that is, or else the token with which somebody does.
func (a *App) startAccounts(ctx context.Context) error {
	a.accounts = auth.New(auth.Options{
		Store: a.store, Logger: a.logger.With("part", "auth"), Now: time.Now, SetupFile: SetupFile(a.Config.DataDir),
		Session: a.Config.SessionDuration, Idle: a.Config.SessionIdle,
	})
	if err := a.setUp(ctx); err != nil {
		return err
	}
	a.accountsTask = startTask(ctx, func(ctx context.Context) { _ = a.accounts.Run(ctx) }) // it ends with ctx
	return nil
}

func (a *App) stopAccounts(ctx context.Context) error { return a.accountsTask.end(ctx) }

func (a *App) setUp(ctx context.Context) error {
	needed, err := a.accounts.SetupNeeded(ctx)
	if err == nil && needed && a.Config.SetupPasswordFile != "" {
		err = a.setUpUnattended(ctx)
		needed = false
	}
	if err != nil {
		return err
	}
	file := SetupFile(a.Config.DataDir)
	if !needed {
		return auth.RemoveSetupToken(file)
	}
	a.setupToken, err = auth.ReadSetupToken(file)
	if err == nil && a.setupToken == "" {
		a.setupToken = auth.NewSetupToken()
		err = writeFile(file, a.setupToken+"\n", 0o600)
	}
	if err != nil {
		return dirFault(err, a.Config.DataDir)
	}
	return nil
}

// setUpUnattended makes the first admin from the settings.
func (a *App) setUpUnattended(ctx context.Context) error {
	password, err := PasswordIn(a.Config.SetupPasswordFile)
	if err != nil {
		return err
	}
	done, err := a.accounts.SetUpUnattended(byItself(ctx, "setup", a.Config.SetupUser), auth.Credentials{Name: a.Config.SetupUser, Password: password})
	switch {
	case err != nil:
		return fault.Wrap(err, fault.CodeOf(err), "the first admin can't be made from the settings setup-user and setup-password-file: %s", fault.MessageOf(err)).
			WithMend("%s", fault.MendOf(err))
	case done:
		a.logger.InfoContext(ctx, "the first admin was made from the settings", "user", a.Config.SetupUser)
	}
	return nil
}

// maxPasswordFile bounds a file with a password.
const maxPasswordFile = 4096

// PasswordIn is the first line of a file.
func PasswordIn(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "the password file %s can't be read (%s)", file, reason(err)).
			WithMend("Name a file that this user may read, with the password in its first line.")
	}
	if len(content) > maxPasswordFile {
		return "", fault.New(fault.TooLarge, "the password file %s is larger than %d bytes", file, maxPasswordFile)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// setupLink is where the first admin is made; "" once he is, and where others see it.
func (a *App) setupLink() string {
	if a.setupToken == "" {
		return ""
	}
	return SetupLink(a.url(), a.setupToken)
}

// tellSetup says in the log what is open.
func (a *App) tellSetup(ctx context.Context) {
	if link := a.setupLink(); link != "" && !a.ReadyInLog && !a.readByAPerson() {
		a.logger.WarnContext(ctx, "nobody can sign in yet: open this link to make the first admin", "url", link)
	}
}

// protected are the addresses that this console knows to be needed.
func (a *App) protected() []allowlist.Entry {
	return append(allowlist.System{}.Entries(), a.signedInAdmins()...)
}

// signedInAdmins are addresses that are never banned: those of the admins who are here.
func (a *App) signedInAdmins() []allowlist.Entry {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	addresses, err := a.accounts.AdminAddresses(ctx)
	if err != nil {
		a.logger.WarnContext(ctx, "it is not known where admins are signed in from", "error", err)
	}
	var entries []allowlist.Entry
	for _, address := range addresses {
		if e, ok := allowlist.Caller(address); ok {
			e.Reason = "where an admin is signed in from"
			entries = append(entries, e)
		}
	}
	return entries
}

// Offline are the accounts of this machine's console for one command, whether the console
// runs or not: what changes acts there at once, or within seconds on what is being
// streamed. Close it.
type Offline struct {
	*auth.Accounts
	Records *Records
}

// OpenAccounts opens the accounts where a console has made its database already. command
// is how this one was typed.
func OpenAccounts(ctx context.Context, c config.Config, command string) (*Offline, error) {
	records, err := OpenRecords(ctx, c, command)
	if err != nil {
		return nil, err
	}
	return &Offline{Records: records, Accounts: auth.New(auth.Options{
		Store: records.store, Logger: slog.New(slog.DiscardHandler), Now: time.Now, SetupFile: SetupFile(c.DataDir), Session: c.SessionDuration, Idle: c.SessionIdle,
	})}, nil
}

// Close closes the database.
func (o *Offline) Close() error { return o.Records.Close() }
