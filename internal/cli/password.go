package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"bangui/internal/app"
	"bangui/internal/fault"
)

// passwordSource says where a password comes from: never from an argument, which
// everybody on the machine sees.
type passwordSource struct{ file string }

func (p *passwordSource) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.file, "password-file", "", "file with the password in its first line")
}

// password reads a new password: from the file, from the terminal without showing it, or
// the first line of standard input.
func (c *command) password(ctx context.Context, from passwordSource) (string, error) {
	switch {
	case from.file != "":
		return app.PasswordIn(from.file)
	case c.Stdin != nil && term.IsTerminal(int(c.Stdin.Fd())):
		return c.askTwice(ctx)
	case c.Stdin != nil:
		return firstLine(c.Stdin)
	}
	return "", fault.New(fault.Invalid, "there is nobody to ask for a password").WithMend("Give a file with --password-file.")
}

func firstLine(in io.Reader) (string, error) {
	const most = 4096
	line, err := bufio.NewReader(io.LimitReader(in, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fault.Wrap(err, fault.Invalid, "the password can't be read from standard input")
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (c *command) askTwice(ctx context.Context) (string, error) {
	first, err := c.ask(ctx, "New password: ")
	if err != nil {
		return "", err
	}
	second, err := c.ask(ctx, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", fault.New(fault.Invalid, "the two passwords are not the same")
	}
	return first, nil
}

// ask reads a line that is not shown. Whoever interrupts it gets his terminal back as it was.
func (c *command) ask(ctx context.Context, question string) (string, error) {
	fd := int(c.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "the terminal can't be read")
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Fprint(c.Stderr, question)
	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() { // ends with the process where it is interrupted
		text, err := term.ReadPassword(fd)
		typed <- line{text, err}
	}()
	select {
	case got := <-typed:
		fmt.Fprintln(c.Stderr)
		if got.err != nil {
			return "", fault.Wrap(got.err, fault.Invalid, "no password was given")
		}
		return string(got.text), nil
	case <-ctx.Done():
		fmt.Fprintln(c.Stderr)
		return "", errors.Join(fault.New(fault.Invalid, "no password was given"), term.Restore(fd, before))
	}
}
