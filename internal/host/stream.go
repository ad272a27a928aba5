package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// stream is the configuration as fail2ban-client resolves it: the commands that
// bring an empty server to it.
type stream struct{ commands [][]any }

// resolveFor bounds fail2ban-client; maxStream bounds what it prints.
const (
	resolveFor = 20 * time.Second
	maxStream  = 32 << 20
)

// programFolders are where fail2ban's programs are looked for; PATH is not asked,
// because what runs here may run as root.
var programFolders = []string{"/usr/bin", "/usr/local/bin", "/usr/sbin", "/usr/local/sbin", "/bin"} //nolint:gochecknoglobals // a constant list

// program finds one of fail2ban's programs, or journalctl.
func (l *Local) program(name string) (string, error) {
	if l.ClientProgram != "" && strings.HasPrefix(name, "fail2ban-") {
		return filepath.Join(filepath.Dir(l.ClientProgram), name), nil
	}
	if l.JournalProgram != "" && name == "journalctl" {
		return l.JournalProgram, nil
	}
	for _, folder := range programFolders {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fault.New(fault.Unsupported, "%s is not installed here, so the configuration can't be read", name).
		WithMend("Install fail2ban's programs beside BanGUI (Debian: apt-get install fail2ban).")
}

// stream resolves the configuration. A configuration with an error is refused here,
// before anything reaches the server: a reload that fails half way removes all jails
// (fail2ban.md 0.4).
func (l *Local) stream(ctx context.Context) (stream, error) { return l.streamOf(ctx, l.ConfigDir) }

// streamOf is stream of another folder, such as a copy.
func (l *Local) streamOf(ctx context.Context, dir string) (stream, error) {
	out, errs, err := l.client(ctx, "-c", dir, "-d")
	if err != nil {
		return stream{}, err
	}
	commands, err := fail2ban.ParseStream(out)
	if err != nil {
		return stream{}, fault.Wrap(err, fault.Fail2banGarbled, "fail2ban-client printed a configuration that BanGUI can't read")
	}
	if complaint := complaints(commands, errs); complaint != "" {
		return stream{}, badConfiguration(complaint, nil)
	}
	return stream{commands: commands}, nil
}

// client runs fail2ban-client, which reads files and asks no server.
func (l *Local) client(ctx context.Context, args ...string) (out []byte, errs string, err error) {
	program, err := l.program("fail2ban-client")
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveFor)
	defer cancel()
	var said, complained bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // fixed program, our own arguments
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Stdout, cmd.Stderr = &bounded{to: &said, left: maxStream}, &bounded{to: &complained, left: 64 << 10}
	if err := cmd.Run(); err != nil {
		return nil, "", badConfiguration(complained.String(), errors.Join(err, ctx.Err()))
	}
	return said.Bytes(), complained.String(), nil
}

func badConfiguration(said string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Fail2banTimeout, "fail2ban-client did not finish reading the configuration")
	}
	mend := "Mend the configuration; fail2ban-client -t shows the error."
	if strings.Contains(said, noLogFile) {
		// fail2ban's own program looks for it, by the paths that the configuration names.
		mend = "See that the log is there; fail2ban-client -t shows what is missing. Where fail2ban runs in another container than this part of BanGUI, " +
			"mount the log's folder here at the path that it has there: path-map does not reach the logs of jails."
	}
	return fault.Wrap(err, fault.Fail2banRefused, "fail2ban's configuration has an error, so nothing was changed: %s", clientErrors(said)).WithMend("%s", mend)
}

// noLogFile is how fail2ban 1.0.2 says that a jail has no log to read (seen).
const noLogFile = "Have not found any log file"

// complaints finds errors that don't stop fail2ban-client: a jail it left out, or a
// value that it could not read and sends as None, which takes the jails down.
func complaints(commands [][]any, errs string) string {
	for _, c := range commands {
		if len(c) > 1 && c[0] == "config-error" {
			return fmt.Sprint(c[1])
		}
		if len(c) == 4 && c[0] == "set" && c[3] == nil {
			return fmt.Sprintf("jail %v has a value for %v that is no number", c[1], c[2])
		}
	}
	for line := range strings.Lines(errs) {
		if strings.Contains(line, "Wrong value for") || strings.Contains(line, noLogFile) {
			_, said, _ := strings.Cut(line, "WARNING ")
			return said
		}
	}
	return ""
}

// clientLine is a line that fail2ban-client writes, and clientNoise what it says besides
// what is wrong (seen on 1.0.2).
var (
	clientLine  = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3} +fail2ban\S* +\[\d+\]: ([A-Z]+) +(.*)$`)
	clientNoise = regexp.MustCompile(`^Failed during configuration: |^ERROR: test configuration failed$| under /\S*/` + scratchPrefix + `\S*`)
)

// clientErrors are the errors of what fail2ban-client wrote, with the lines that continue
// them and without what stands around them; where it names none, its last lines.
func clientErrors(said string) string {
	var errs []string
	open := false // the line before was one of an error
	for line := range strings.Lines(said) {
		line = strings.TrimRight(line, "\n")
		m := clientLine.FindStringSubmatch(line)
		switch {
		case m != nil:
			text := clientNoise.ReplaceAllString(m[2], "")
			if open = (m[1] == "ERROR" || m[1] == "CRITICAL") && text != ""; open {
				errs = append(errs, text)
			}
		case open:
			errs[len(errs)-1] += ", " + line
		}
	}
	if len(errs) == 0 {
		return firstLines(said, 3)
	}
	return firstLines(strings.Join(errs, "\n"), 3)
}

func firstLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, " / ")
}

// jail is the part of the stream that makes one jail: add, set, start.
func (s stream) jail(name string) [][]any {
	var part [][]any
	for _, c := range s.commands {
		if len(c) < 2 || c[1] != name {
			continue
		}
		switch c[0] {
		case "add", "set", "multi-set", "start":
			part = append(part, c)
		}
	}
	if len(part) == 0 || part[0][0] != "add" {
		return nil
	}
	return part
}

// actions are the names of the actions that the stream gives a jail, sorted.
func (s stream) actions(jail string) []string {
	var names []string
	for _, c := range s.jail(jail) {
		if len(c) > 3 && c[2] == "addaction" {
			names = append(names, fmt.Sprint(c[3]))
		}
	}
	slices.Sort(names)
	return names
}

// own are the commands for the server's own options, but for those that need a restart.
func (s stream) own() [][]any {
	var part [][]any
	for _, c := range s.commands {
		if len(c) == 3 && c[0] == "set" && c[1] != "dbfile" && c[1] != "thread" {
			part = append(part, c)
		}
	}
	return part
}

// jails are the names that the stream starts.
func (s stream) jails() []string {
	var names []string
	for _, c := range s.commands {
		if len(c) == 2 && c[0] == "start" {
			if name, ok := c[1].(string); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// bounded passes on at most left bytes and swallows the rest.
type bounded struct {
	to   *bytes.Buffer
	left int
}

// Write never fails: a program that prints too much is read to its end.
func (b *bounded) Write(p []byte) (int, error) {
	take := min(len(p), b.left)
	b.left -= take
	b.to.Write(p[:take])
	return len(p), nil
}
