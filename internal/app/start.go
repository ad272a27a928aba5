package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// startConfig checks what Load can't know: that the data folder can be used.
func (a *App) startConfig(context.Context) error {
	if err := a.Config.Validate(); err != nil {
		return err
	}
	if err := a.Config.CheckWorkers(); err != nil {
		return err
	}
	return makeDataDir(a.Config.DataDir)
}

func (a *App) startLogging(context.Context) error {
	a.logger = newLogger(a.Log, a.Config).With("app", "bangui")
	return nil
}

// WithSignals gives a context that ends with the first SIGINT or SIGTERM. The second
// one ends the process at once, as if nobody had listened. SIGHUP ends nothing: it comes
// out of hangup, for what can be read anew; those that nobody waits for are dropped.
// release ends the listening.
func WithSignals(parent context.Context) (ctx context.Context, hangup <-chan os.Signal, release func()) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	taken := make(chan os.Signal, 1)
	signal.Notify(taken, syscall.SIGHUP)
	return ctx, taken, func() {
		stop()
		signal.Stop(taken)
	}
}
