package helper

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"bangui/internal/allowlist"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// StandardConf is where the machine's owner says what a console may do here.
const StandardConf = "/etc/bangui/helper.conf"

// Conf is what the machine's owner allows, whatever a console asks.
type Conf struct {
	ManualJail bool              // write and remove the file of our own jail; allowed unless said otherwise
	Configure  host.Configure    // how far the configuration may be changed; data unless said otherwise
	LogFolders []string          // where logs of jails may be; nil = /var/log
	Restarts   host.AllowRestart // whether fail2ban may be restarted, and how; as found unless said otherwise
	NeverBan   []allowlist.Entry // never banned from here, beside what is found on the machine
}

// ReadConf reads a file; one that isn't there leaves everything as usual. A
// file that others could have written is refused: it says what root's helper may do.
// The error is a fault that names the line.
func ReadConf(name string) (Conf, error) {
	conf := Conf{ManualJail: true, Configure: host.ConfigureData}
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not stop us
	if errors.Is(err, fs.ErrNotExist) {
		return conf, nil
	}
	if err != nil {
		return Conf{}, fault.Wrap(err, fault.PermissionDenied, "%s can't be read", name).WithMend("Run the helper as root.")
	}
	defer file.Close()
	if err := trusted(file); err != nil {
		return Conf{}, err
	}
	const most = 64 << 10
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil || len(content) > most {
		return Conf{}, fault.Wrap(err, fault.Invalid, "%s can't be read, or is longer than %d bytes", name, most)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, most+1)
	for number := 1; lines.Scan(); number++ {
		if err := conf.set(lines.Text()); err != nil {
			return Conf{}, fault.Wrap(err, fault.Invalid, "line %d of %s can't be taken: %v", number, name, err).
				WithMend("A line is `manual-jail = yes` or `no`, `configuration = data`, `code` or `no`, `restart = yes`, `no` or `supervisor`, `log-folders = /var/log, /srv/logs`, `never-ban = 203.0.113.7, 2001:db8::/48`, or begins with #.")
		}
	}
	return conf, nil
}

// trusted refuses a file that somebody else than root or the helper's user could have
// written, by the descriptor that is read.
func trusted(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return fault.Wrap(err, fault.PermissionDenied, "%s can't be looked at", file.Name())
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	const byOthers = 0o022
	switch {
	case !info.Mode().IsRegular():
		return fault.New(fault.Invalid, "%s is not a file", file.Name())
	case !ok || int(stat.Uid) != 0 && int(stat.Uid) != os.Geteuid():
		return fault.New(fault.Invalid, "%s does not belong to root, so it is not believed", file.Name()).WithMend("chown root:root %s", file.Name())
	case info.Mode().Perm()&byOthers != 0:
		return fault.New(fault.Invalid, "%s may be written by others than its owner, so it is not believed", file.Name()).WithMend("chmod go-w %s", file.Name())
	}
	return nil
}

// set takes one line.
func (c *Conf) set(line string) error {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	key, text, ok := strings.Cut(line, "=")
	if !ok {
		return errors.New("it is no `key = value`")
	}
	key, text = strings.TrimSpace(key), strings.TrimSpace(text)
	switch {
	case key == "manual-jail" && (text == "yes" || text == "no"):
		c.ManualJail = text == "yes"
		return nil
	case key == "manual-jail":
		return errors.New("manual-jail is yes or no")
	case key == "configuration":
		return c.setConfigure(text)
	case key == "restart":
		return c.setRestarts(text)
	case key == "log-folders":
		return c.addLogFolders(text)
	case key == "never-ban":
		return c.addNeverBan(text)
	default:
		return errors.New("nobody knows the key " + shortened(key))
	}
}

func (c *Conf) setConfigure(text string) error {
	switch text {
	case "no":
		c.Configure = host.ConfigureNothing
	case "data":
		c.Configure = host.ConfigureData
	case "code":
		c.Configure = host.ConfigureCode
	default:
		return errors.New("configuration is no, data or code")
	}
	return nil
}

func (c *Conf) setRestarts(text string) error {
	switch text {
	case "yes":
		c.Restarts = host.RestartAsFound
	case "no":
		c.Restarts = host.RestartNever
	case "supervisor":
		c.Restarts = host.RestartSupervised
	default:
		return errors.New("restart is yes, no or supervisor")
	}
	return nil
}

func (c *Conf) addLogFolders(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		folder := strings.TrimSpace(part)
		if !strings.HasPrefix(folder, "/") || path.Clean(folder) != folder || folder == "/" {
			return errors.New("a folder for logs is an absolute path without a slash at its end, and not / itself")
		}
		c.LogFolders = append(c.LogFolders, folder)
	}
	return nil
}

func (c *Conf) addNeverBan(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		prefix, err := allowlist.ParseTarget(part)
		if err != nil {
			return err
		}
		c.NeverBan = append(c.NeverBan, allowlist.Entry{Prefix: prefix, Reason: "on the never-ban list of this machine's helper"})
	}
	return nil
}
