package host

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"time"

	"bangui/internal/fault"
)

// replayJournal gives the entries of the journal to fail2ban's engine, as they come.
func (r *replaying) replayJournal(ctx context.Context, t *tried, p *pass) error {
	terms, err := journalTerms(t.reads.match)
	if err != nil {
		return err
	}
	program, err := r.local.program("journalctl")
	if err != nil {
		return fault.Wrap(err, fault.Unsupported, "there is no journal here that BanGUI could read")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, program, append([]string{ //nolint:gosec // fixed program, terms that were checked
		"--quiet", "--no-pager", "--output=json", fmt.Sprintf("--since=@%d", r.since.Unix()),
		"--output-fields=_HOSTNAME,SYSLOG_IDENTIFIER,_COMM,SYSLOG_PID,_PID,MESSAGE,_SOURCE_REALTIME_TIMESTAMP",
	}, terms...)...)
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the journal can't be read")
	}
	if err := cmd.Start(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the journal can't be read")
	}
	in := &journalReader{entries: bufio.NewScanner(out), tap: r.tap(), most: maxBacktestBytes}
	in.entries.Buffer(nil, maxEntry)
	share := func() float64 { return float64(in.at.Sub(r.since)) / float64(r.until.Sub(r.since)) }
	err = r.find(ctx, t, in, p, progress{share, &in.read, &in.lines})
	all := in.ended && in.entries.Err() == nil
	if !all {
		stop() // nobody reads the rest
	}
	ended := cmd.Wait()
	if err == nil && ended != nil && all {
		err = fault.Wrap(ended, fault.Unavailable, "the journal can't be read")
	}
	if in.cut || in.entries.Err() != nil {
		r.notes["cut"] = "There is more in the journal than is read at once: the rest is left out."
	}
	r.counted(in.read, in.lines, []string{"journal " + t.reads.match})
	return err
}

// journalReader gives entries of the journal as replay.py reads them.
type journalReader struct {
	entries *bufio.Scanner
	line    []byte
	most    int64
	read    int64
	lines   int
	at      time.Time
	ended   bool
	cut     bool
	tap     func([]byte)
}

// Read gives entries, as many as there are.
func (j *journalReader) Read(p []byte) (int, error) {
	for len(j.line) == 0 {
		if j.cut || !j.entries.Scan() {
			j.ended = !j.cut
			return 0, io.EOF
		}
		line, ok := journalLine(j.entries.Bytes())
		if !ok {
			continue
		}
		j.at = *line.At
		j.lines++
		if j.read += int64(len(line.Text)); j.read > j.most {
			j.cut = true
			continue
		}
		j.tap(line.Text)
		j.line = append(strconv.AppendInt(j.line[:0], line.At.UnixMicro(), 10), '\t')
		j.line = append(append(j.line, line.Text...), '\n')
	}
	n := copy(p, j.line)
	j.line = j.line[n:]
	return n, nil
}
