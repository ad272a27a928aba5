package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bangui/internal/fault"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresEngine names the engine and its folder of migrations.
const postgresEngine = "postgres"

// Bounds of every session. A paused process that holds a transaction open loses it, so
// that the others go on; one that is gone loses its session.
const (
	statementTime = 30 * time.Second
	idleInTxTime  = 15 * time.Second
	vanishedTime  = 15 * time.Second
	connectTime   = 5 * time.Second
)

// openPostgres prepares connections to the database at an address. The server must be
// PostgreSQL 15 or newer, and keep text as UTF-8.
func (db *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := postgresConfig(o)
	if err != nil {
		return err
	}
	db.session = func(ctx context.Context) (*pgx.Conn, error) {
		c := config.Copy()
		if err := withPassword(o.PasswordFile)(ctx, c); err != nil {
			return nil, err
		}
		return pgx.ConnectConfig(ctx, c)
	}
	err = db.connect(postgresDialect(), func(p purpose) (*sql.DB, error) {
		c := config.Copy()
		if p == reading {
			maps.Copy(c.RuntimeParams, readerPlans())
		}
		connector := stdlib.GetConnector(*c, stdlib.OptionBeforeConnect(withPassword(o.PasswordFile)), stdlib.OptionAfterConnect(settle))
		if p == beating {
			connector = &patient{Connector: connector, within: connectTime}
		}
		return sql.OpenDB(connector), nil
	})
	if err != nil {
		return err
	}
	return again(ctx, func() error { return db.suits(ctx) })
}

// readerPlans are the settings of sessions that read: short questions, each along the index
// that we choose, in its order. Left to itself the planner takes what it can't estimate, or
// does not look at in a prepared plan, for rare: it then collects and sorts all that the index
// leads to, with helpers, and compiles that, for a page of fifty (8 s for a network of 1.3
// million bans, seen on 15). What has to be sorted still is.
func readerPlans() map[string]string {
	return map[string]string{
		"default_transaction_read_only": "on", "jit": "off", "enable_bitmapscan": "off", "enable_sort": "off",
		"max_parallel_workers_per_gather": "0",
	}
}

// postgresConfig reads an address. What it lacks may stand in the environment, under
// PostgreSQL's own names (PGPASSFILE, PGSSLMODE…).
func postgresConfig(o Options) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(o.Postgres)
	if err != nil { // its text may quote the password
		return nil, fault.New(fault.Invalid, "the address can't be understood").
			WithMend("Write it as postgres://user@host:5432/database?sslmode=verify-full")
	}
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	maps.Copy(config.RuntimeParams, map[string]string{
		"statement_timeout":                   milliseconds(statementTime),
		"lock_timeout":                        milliseconds(cmp.Or(o.BusyFor, busyFor)),
		"idle_in_transaction_session_timeout": milliseconds(idleInTxTime),
		"tcp_user_timeout":                    milliseconds(vanishedTime),
		"standard_conforming_strings":         "on",
		"application_name":                    "bangui",
	})
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTime)
	return config, nil
}

// withPassword reads the password anew for each connection, so that it can be changed
// while we run. "" = it stands in the address or in PGPASSFILE.
func withPassword(file string) func(context.Context, *pgx.ConnConfig) error {
	return func(_ context.Context, config *pgx.ConnConfig) error {
		if file == "" {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return fault.Wrap(err, fault.PermissionDenied, "the file %s with its password can't be read", file).
				WithMend("Let the user that runs BanGUI read it, or name another with --database-password-file.")
		}
		config.Password = string(bytes.TrimRight(content, "\r\n"))
		return nil
	}
}

// settle gives a new session what can't be asked for while it begins. A commit is on
// the disk when it returns, whatever the server was told. Some systems can't look
// whether a client is still there.
func settle(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
	if err != nil {
		return err
	}
	const notHere = "22023"
	if _, err = conn.Exec(ctx, "SET client_connection_check_interval = '5s'"); sqlState(err) == notHere {
		return nil
	}
	return err
}

// suits refuses a server that would lose or change what is stored.
func (db *DB) suits(ctx context.Context) error {
	const oldest = 150000
	var version int
	var encoding string
	err := db.read.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fault.New(fault.Unavailable, "its server is PostgreSQL %d", version/10000).
			WithMend("Use PostgreSQL 15 or newer.")
	case encoding != "UTF8":
		return fault.New(fault.Unavailable, "it keeps text as %s", encoding).
			WithMend("Make the database with: createdb --encoding=UTF8 --template=template0 bangui")
	default:
		return nil
	}
}

// shownAddress is an address without what nobody may read.
func shownAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// sqlState is the engine's number for an error; "" when it is of somebody else.
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

func postgresFault(err error) *fault.Error {
	switch state := sqlState(err); {
	case state == "53100":
		return fullFault(err)
	case state == "55P03", conflicted(state):
		return busyFault(err)
	case state == "57014":
		return lateFault(err)
	case state == "42501":
		return fault.Wrap(err, fault.PermissionDenied, "BanGUI's role may not do that in the database").
			WithMend("Make the role the owner of the database: ALTER DATABASE bangui OWNER TO bangui;")
	case state == "25006":
		return fault.Wrap(err, fault.PermissionDenied, "its server takes no changes: it is a standby, or was told to refuse them").
			WithMend("Name the primary server; with several hosts in the address add target_session_attrs=read-write.")
	case strings.HasPrefix(state, "28"):
		return fault.Wrap(err, fault.PermissionDenied, "its server refuses the role or the password").
			WithMend("Look at user and password in --database, --database-password-file or PGPASSFILE, and at the server's pg_hba.conf.")
	case state == "3D000":
		return fault.Wrap(err, fault.Unavailable, "its server has no such database").
			WithMend("Make it: createdb --owner=bangui --encoding=UTF8 --template=template0 bangui")
	case strings.HasPrefix(state, "53"):
		return fault.Wrap(err, fault.Unavailable, "its server is out of connections or memory").
			WithMend("Raise max_connections, or end other programs that use the server.")
	case strings.HasPrefix(state, "XX00"):
		return fault.Wrap(err, fault.DatabaseCorrupt, "its server found its data damaged").
			WithMend("Read the server's log, and restore a copy.")
	case lost(err):
		return fault.Wrap(err, fault.Unavailable, "its server can't be reached").
			WithMend("See that PostgreSQL runs and that this machine may reach it; BanGUI goes on by itself.")
	default:
		return nil
	}
}

// conflicted: two transactions were in each other's way, and this one was undone.
func conflicted(state string) bool { return state == "40001" || state == "40P01" }

// lost reports whether an error is that a connection can't be had or has ended.
func lost(err error) bool {
	switch state := sqlState(err); {
	case strings.HasPrefix(state, "08"), strings.HasPrefix(state, "57P"), state == "25P03":
		return true
	case state != "":
		return false
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !connecting(err) {
		return false
	}
	for _, sign := range []error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNREFUSED} {
		if errors.Is(err, sign) {
			return true
		}
	}
	return connecting(err) || pgconn.SafeToRetry(err)
}

func connecting(err error) bool {
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// undone reports whether an error says that nothing was kept, and trying again may help.
func undone(err error) bool {
	if _, ok := errors.AsType[*commitError](err); ok {
		return conflicted(sqlState(err))
	}
	return conflicted(sqlState(err)) || lost(err)
}

// commitError is an error of COMMIT: unless the server says otherwise, nobody knows
// whether it was kept.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }

func (e *commitError) Unwrap() error { return e.err }
