package expression_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/expression"
	"bangui/internal/fault"
)

const program = "/usr/bin/fail2ban-client"

// limits are the standard ones with more patience: the machine that tests run on is busy.
func limits() expression.Limits {
	l := expression.StandardLimits()
	l.Wall, l.Queue = 2*time.Minute, 2*time.Minute
	return l
}

func python(t *testing.T) string {
	t.Helper()
	python, err := expression.Interpreter(program)
	if err != nil {
		t.Fatal(err)
	}
	return python
}

// attempts says of each thing that the cage forbids what comes of it.
const attempts = `
import json, os, resource, socket, sys
tries = {
    "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "udp": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "unix": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "names": lambda: socket.getaddrinfo("localhost", 80, family=socket.AF_INET6),
    "write": lambda: open(sys.argv[-1] + "/new", "w"),
    "append": lambda: open(sys.argv[-1] + "/old", "a"),
    "truncate": lambda: os.truncate(sys.argv[-1] + "/old", 0),
    "rename": lambda: os.rename(sys.argv[-1] + "/old", sys.argv[-1] + "/older"),
    "remove": lambda: os.remove(sys.argv[-1] + "/old"),
    "folder": lambda: os.mkdir(sys.argv[-1] + "/folder"),
    "mode": lambda: os.chmod(sys.argv[-1] + "/old", 0o777),
    "link": lambda: os.symlink("/etc/passwd", sys.argv[-1] + "/link"),
    "another file": lambda: open("/etc/passwd"),
    "another process": lambda: open("/proc/self/mem", "rb"),
    "kill": lambda: os.kill(os.getppid(), 0),
    "root": lambda: os.setuid(0) if os.getuid() else open("/", "w"),
    "fork": lambda: resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)) or os.getuid() == 0 or os.fork(),
}
came = {"uid": os.getuid(), "groups": os.getgroups(), "environment": sorted(os.environ), "folder": os.getcwd()}
for name, do in tries.items():
    try:
        came[name] = "worked" if do() is not True else "root"
    except OSError as x:
        came[name] = type(x).__name__
print(json.dumps(came))
`

func TestCage_ForbidsNetworkFilesAndPrivileges(t *testing.T) {
	dir, err := os.MkdirTemp("", "cage") // everybody may write there, but nobody in the cage
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := errors.Join(os.Chmod(dir, 0o777), os.WriteFile(filepath.Join(dir, "old"), []byte("old"), 0o666), os.Chmod(filepath.Join(dir, "old"), 0o666)); err != nil {
		t.Fatal(err)
	}
	out, _, err := expression.InCage(t.Context(), limits(), python(t), strings.ReplaceAll(attempts, "sys.argv[-1]", `"`+dir+`"`))
	if err != nil {
		t.Fatal(err)
	}
	var came map[string]any
	if err := json.Unmarshal([]byte(out), &came); err != nil {
		t.Fatal(err, out)
	}
	if uid := came["uid"].(float64); uid == 0 || os.Geteuid() == 0 && uid != 65534 {
		t.Errorf("it runs as user %v", uid)
	}
	for name, what := range came {
		switch name {
		case "uid", "environment", "folder":
		case "groups":
			if os.Geteuid() == 0 && len(what.([]any)) != 0 {
				t.Errorf("it has the groups %v", what)
			}
		case "fork":
			if what == "worked" {
				t.Error("it started another process")
			}
		default:
			if what == "worked" {
				t.Errorf("%s worked", name)
			}
		}
	}
	if content, err := os.ReadFile(filepath.Join(dir, "old")); string(content) != "old" {
		t.Errorf("the file holds %q: %v", content, err)
	}
	if found, _ := os.ReadDir(dir); len(found) != 1 {
		t.Errorf("the folder holds %v", found)
	}
}

func TestCage_EndsAtItsDeadline(t *testing.T) {
	l := limits()
	l.Wall = 500 * time.Millisecond
	_, pid, err := expression.InCage(t.Context(), l, python(t), "import time\nwhile True: time.sleep(1)")
	if !fault.Is(err, fault.Fail2banTimeout) {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
}

func TestCage_EndsWhatUsesUpItsTimeOrMemory(t *testing.T) {
	const set = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nresource.setrlimit(resource.RLIMIT_AS, (100 << 20, 100 << 20))\n"
	for name, script := range map[string]string{"time": "while True: pass", "memory": "x = bytearray(1 << 30)"} {
		if _, _, err := expression.InCage(t.Context(), limits(), python(t), set+script); !fault.Is(err, fault.Fail2banTimeout) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTry_SaysWhatIsMissing(t *testing.T) {
	bare := filepath.Join(t.TempDir(), "fail2ban-client")
	trial := expression.Trial{Filter: expression.Filter{Fail: []string{"<HOST>"}}}
	for name, first := range map[string]string{"a program": "\x7fELF", "a shell script": "#!/bin/sh\n", "no such Python": "#!/usr/bin/env python9\n"} {
		if err := os.WriteFile(bare, []byte(first), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := expression.New(limits()).Try(t.Context(), bare, trial); !fault.Is(err, fault.Unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
