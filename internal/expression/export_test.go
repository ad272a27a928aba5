package expression

import "context"

// InCage runs another script than ours in the cage, and says which process it was.
func InCage(ctx context.Context, l Limits, python, script string) (out string, pid int, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.Wall)
	defer cancel()
	cmd, printed, said := l.command(ctx, python, script, 0, nil)
	ended := make(chan error, 1)
	go inCage(ended, python, cmd.Run)
	err = <-ended
	if err != nil {
		err = l.failed(ctx, err, said.String())
	}
	return printed.String(), cmd.Process.Pid, err
}

// Interpreter is the Python that a program names.
func Interpreter(program string) (string, error) { return interpreter(program) }
