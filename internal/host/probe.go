package host

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"bangui/internal/fault"
)

// How long a jail that was started or restarted is looked at, and how often: an action
// that fails at its start, or a filter that ends, shows within a second or two.
const (
	probeFor   = 3 * time.Second
	probeEvery = 250 * time.Millisecond
)

// probe looks for some seconds whether the jails that steps start or restart go on running
// with their actions, and whether fail2ban complains of them: it calls a jail started whose
// action could not be (seen on 1.0.2), and such a jail bans nobody.
func (l *Local) probe(ctx context.Context, s stream, before standing, steps []Step, said *complaintLog) error {
	var started []string
	for _, step := range steps {
		if step.Do == StepStart || step.Do == StepRestart {
			started = append(started, step.Jail)
		}
	}
	if len(started) == 0 {
		return nil
	}
	for deadline := time.Now().Add(probeFor); ; sleep(ctx, probeEvery) {
		if err := l.checkJails(ctx, s, before, steps); err != nil {
			return err
		}
		for _, jail := range started {
			if what := said.of(jail); what != "" {
				return fault.New(fault.Fail2banRefused, "the jail %s runs, but not as it should: fail2ban says %q", jail, what).
					WithMend("fail2ban's log has the whole reason. Mend it, then try again.")
			}
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return ctx.Err()
		}
	}
}

// complaintLog reads the errors that fail2ban writes into its log from now on. Where it
// logs to the journal there are none to read, and only the server's word counts.
type complaintLog struct {
	path string
	from int64
}

// complaintsFromNow begins at the end of fail2ban's log.
func (l *Local) complaintsFromNow() *complaintLog {
	l.mu.Lock()
	path := l.logPath()
	l.mu.Unlock()
	if !strings.HasPrefix(path, "/") {
		return &complaintLog{}
	}
	c := &complaintLog{path: path}
	if info, err := os.Stat(path); err == nil {
		c.from = info.Size()
	}
	return c
}

// maxComplaints bounds what is read of the log: a failed reload writes its whole request.
const maxComplaints = 4 << 20

// An error as fail2ban 1.0 and 1.1 write it, and the jail of which it is (seen).
var (
	complaint       = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3}\s+fail2ban\.\w+\s*\[\d+\]: (?:ERROR|CRITICAL)\s+(.*)$`)
	complaintOfJail = regexp.MustCompile(`^(?:Failed to (?:start|execute|stop|flush) (?:\w+ )?jail '(.*?)' |\[(.*?)\] |.*\bJail\('(.*?)')`)
)

// of is the first error of a jail; "" where there is none.
func (c *complaintLog) of(jail string) string {
	if c.path == "" {
		return ""
	}
	f, err := os.Open(c.path)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() < c.from {
		c.from = 0 // it was rotated, or cut
	}
	if _, err := f.Seek(c.from, io.SeekStart); err != nil {
		return ""
	}
	text, err := io.ReadAll(io.LimitReader(f, maxComplaints))
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(text) {
		m := complaint.FindSubmatch(bytes.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		if of := complaintOfJail.FindStringSubmatch(string(m[1])); of != nil && (of[1] == jail || of[2] == jail || of[3] == jail) {
			return cut(strings.ToValidUTF8(string(m[1]), ""), maxComplaint)
		}
	}
	return ""
}

// maxComplaint is how much of an error is told.
const maxComplaint = 300
