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
	return makeDataDir(a.Config.DataDir)
}

func (a *App) startLogging(context.Context) error {
	a.logger = newLogger(a.Log, a.Config).With("app", "bangui")
	return nil
}

// WithSignals gives a context that ends with the first SIGINT or SIGTERM. The second
// one ends the process at once, as if nobody had listened. SIGHUP does nothing: a
// console that was started in a terminal outlives it, and nothing is re-read yet.
// release ends the listening.
func WithSignals(parent context.Context) (ctx context.Context, release func()) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // taken from the default, which would end us
	return ctx, func() {
		stop()
		signal.Stop(hangup)
	}
}
