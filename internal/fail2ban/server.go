package fail2ban

import (
	"context"
	"time"

	"bangui/internal/fault"
)

// LogLevel is the server's log level: "INFO", or a number as text.
func (c *Client) LogLevel(ctx context.Context) (string, error) {
	value, err := c.ask(ctx, read, readTime, "get", "loglevel")
	return text(value), err
}

// SetLogLevel sets the log level until the next restart.
func (c *Client) SetLogLevel(ctx context.Context, level string) error {
	_, err := c.ask(ctx, read, readTime, "set", "loglevel", level)
	return err
}

// LogTarget is where the server logs to: a path, or SYSLOG, SYSTEMD-JOURNAL, STDOUT…
func (c *Client) LogTarget(ctx context.Context) (string, error) {
	value, err := c.ask(ctx, read, readTime, "get", "logtarget")
	return text(value), err
}

// DBFile is the path of the server's database; "" when it keeps none.
func (c *Client) DBFile(ctx context.Context) (string, error) {
	value, err := c.ask(ctx, read, readTime, "get", "dbfile")
	if path := text(value); path != ":memory:" {
		return path, err
	}
	return "", err
}

// DBPurgeAge is how long the server remembers bans; 0 when it keeps no database.
func (c *Client) DBPurgeAge(ctx context.Context) (time.Duration, error) {
	value, err := c.ask(ctx, read, readTime, "get", "dbpurgeage")
	return span(value), err
}

// FlushLogs makes the server open its log file anew, as logrotate asks it to.
func (c *Client) FlushLogs(ctx context.Context) error {
	_, err := c.ask(ctx, read, readTime, "flushlogs")
	return err
}

// SyslogSocket is the socket that the server logs to where its target is SYSLOG: a path,
// or "auto".
func (c *Client) SyslogSocket(ctx context.Context) (string, error) {
	value, err := c.ask(ctx, read, readTime, "get", "syslogsocket")
	return text(value), err
}

// DBMaxMatches is how many log lines the server keeps with each ban; "" when it keeps no
// database.
func (c *Client) DBMaxMatches(ctx context.Context) (string, error) {
	value, err := c.ask(ctx, read, readTime, "get", "dbmaxmatches")
	return text(value), err
}

// Shutdown makes the server stop its jails and end. How it answers while it ends differs;
// whether it has ended is for the caller to see, so only silence is an error.
func (c *Client) Shutdown(ctx context.Context) error {
	_, err := c.ask(ctx, bulk, bulkTime, "stop")
	if fault.Is(err, fault.Fail2banTimeout) || fault.Is(err, fault.Fail2banForbidden) {
		return err
	}
	return nil
}
