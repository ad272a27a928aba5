package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bangui/internal/cli"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/geo/mmdb"
	"bangui/internal/store/storetest"
)

func TestMain(m *testing.M) {
	testscript.Main(storetest.Rounds(m), map[string]func(){
		"bangui": func() {
			dir, err := os.Getwd()
			if err != nil {
				panic(err)
			}
			os.Exit(cli.Main(context.Background(), cli.Process{
				Program: "bangui", Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
				WorkDir: dir, TempDir: os.TempDir(), Root: os.Geteuid() == 0, Version: "test",
			}))
		},
	})
}

// scripts runs a folder of scripts. Each has a data folder of its own; they share
// one fail2ban, so each uses addresses of its own.
// On PostgreSQL each has a database of its own; what a script says of one engine only is
// marked [sqlite] or [postgres].
func scripts(t *testing.T, dir string, f2b *fail2bantest.Server) {
	t.Helper()
	databases := map[string]string{}
	names, err := filepath.Glob(dir + "/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		databases["script-"+strings.TrimSuffix(filepath.Base(name), ".txtar")] = storetest.Place(t).Postgres
	}
	testscript.Run(t, testscript.Params{
		Dir:                dir,
		RequireUniqueNames: true,
		Condition: func(engine string) (bool, error) {
			return engine == string(storetest.Chosen(t)), nil
		},
		Setup: func(env *testscript.Env) error {
			socket, config := env.WorkDir+"/none.sock", "/etc/fail2ban"
			if f2b != nil {
				socket, config = f2b.Socket(), f2b.ConfigDir()
			}
			env.Setenv("BANGUI_DATA_DIR", env.WorkDir+"/data")
			env.Setenv("BANGUI_FAIL2BAN_SOCKET", socket)
			env.Setenv("BANGUI_FAIL2BAN_CONFIG", config)
			env.Setenv("BANGUI_LISTEN", "127.0.0.1:0")
			env.Setenv("HOME", env.WorkDir)
			if database := databases[filepath.Base(env.WorkDir)]; database != "" {
				env.Setenv("BANGUI_DATABASE", database)
			}
			env.Setenv("BANGUI_SETUP_PASSWORD_FILE", env.WorkDir+"/admin-password")
			return os.WriteFile(env.WorkDir+"/admin-password", []byte("a password of tests\n"), 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			// status N COMMAND...: runs it and wants exactly that exit status.
			"status": status,
			// file NAME: waits until it is there and holds something.
			"file": func(ts *testscript.TestScript, _ bool, args []string) {
				wait(ts, args[0]+" appears", func() bool {
					content, err := os.ReadFile(ts.MkAbs(args[0]))
					return err == nil && len(content) > 0
				})
			},
			// says NAME WORD: waits until a file or stream holds a word.
			"until": func(ts *testscript.TestScript, _ bool, args []string) {
				wait(ts, strings.Join(args[1:], " ")+" says "+args[0], func() bool {
					err := ts.Exec(args[1], args[2:]...)
					return err == nil && strings.Contains(ts.ReadFile("stdout"), args[0])
				})
			},
			// token ARGUMENT...: what follows has a new API token of the admin.
			"token": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Exec("bangui", append([]string{"token", "create", "test"}, args...)...))
				ts.Setenv("BANGUI_TOKEN", strings.TrimSpace(ts.ReadFile("stdout")))
			},
			// saved JSON: the user of the token saves a filter, as the page does.
			"saved": func(ts *testscript.TestScript, _ bool, args []string) {
				request, err := http.NewRequest(http.MethodPost, strings.TrimSpace(ts.ReadFile("data/listen"))+"api/v1/saved-filters", strings.NewReader(args[0]))
				ts.Check(err)
				request.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + ts.Getenv("BANGUI_TOKEN")}}
				client := http.Client{Timeout: time.Minute}
				answer, err := client.Do(request)
				ts.Check(err)
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusCreated {
					ts.Fatalf("saving a filter: %s", answer.Status)
				}
			},
			// agrees ADDRESS JAIL 1|0: fail2ban's own client says that it is banned, or not.
			"agrees": func(ts *testscript.TestScript, _ bool, args []string) {
				wait(ts, "fail2ban-client says "+strings.Join(args, " "), func() bool {
					return f2b.Client("get", args[1], "banned", args[0]) == args[2]
				})
			},
			// mmdb FILE PREFIX COUNTRY|NUMBER: writes a geo database that knows one network.
			"mmdb": func(ts *testscript.TestScript, _ bool, args []string) {
				b := mmdb.New(mmdb.Metadata{Type: "Test", Description: "d", Built: time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)})
				record := mmdb.Map{{Key: "country_code", Value: mmdb.String(args[2])}}
				if number, err := strconv.ParseUint(args[2], 10, 32); err == nil {
					record = mmdb.Map{{Key: "autonomous_system_number", Value: mmdb.Uint32(number)}, {Key: "autonomous_system_organization", Value: mmdb.String("Example, Inc.")}}
				}
				ts.Check(b.Insert(netip.MustParsePrefix(args[1]), record))
				var out bytes.Buffer
				ts.Check(b.Write(&out))
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
			},
			// failures FILE ADDRESS: five failed sign-ins of the last minutes, and one that went well.
			"failures": func(ts *testscript.TestScript, _ bool, args []string) {
				var log strings.Builder
				for i := range 6 {
					text := "Failed password for root"
					if i == 5 {
						text = "Accepted password for bob"
					}
					at := time.Now().Add(time.Duration(i-10) * time.Minute).Format(time.RFC3339)
					fmt.Fprintf(&log, "%s h sshd[%d]: %s from %s port 4 ssh2\n", at, i, text, args[1])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(log.String()), 0o600))
			},
			// attack ADDRESS USER: five failed sign-ins in the log that sshd's jail watches.
			"attack": func(_ *testscript.TestScript, _ bool, args []string) { f2b.Fail(args[0], 5, args[1]) },
		},
	})
}

func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("%s: exit status %s, want %s\n%s%s", strings.Join(args[1:], " "), got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func wait(ts *testscript.TestScript, what string, holds func() bool) {
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			ts.Fatalf("not within a minute: %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestAlone(t *testing.T) { scripts(t, "testdata/alone", nil) }

func TestDirect(t *testing.T) {
	scripts(t, "testdata/direct", fail2bantest.Start(t, fail2bantest.Options{}))
}

func TestConsole(t *testing.T) {
	scripts(t, "testdata/console", fail2bantest.Start(t, fail2bantest.Options{}))
}

// It restarts the fail2ban, so that no other script may use it.
func TestServer(t *testing.T) {
	scripts(t, "testdata/server", fail2bantest.Start(t, fail2bantest.Options{}))
}
