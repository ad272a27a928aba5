package fail2ban

import (
	"fmt"
	"strings"
	"unicode"

	"bangui/internal/fail2ban/pickle"
	"bangui/internal/fault"
)

// valueOf takes the value out of a reply: (0, value), or an error for (1, exception),
// for the bare text "ERROR: …" and for ['SHUTDOWN'] (fail2ban.md 2.4).
func valueOf(reply any) (any, error) {
	switch r := reply.(type) {
	case string:
		return nil, refused(r)
	case []any:
		if len(r) == 1 && r[0] == "SHUTDOWN" {
			return nil, fault.New(fault.Fail2banUnreachable, "fail2ban is shutting down")
		}
		if len(r) == 2 {
			switch r[0] {
			case int64(0):
				return r[1], nil
			case int64(1):
				return nil, exception(r[1])
			}
		}
	}
	return nil, unexpected(reply)
}

// exception turns a Python exception into a fault; the table is in fail2ban.md 2.4.
func exception(value any) error {
	o, ok := value.(pickle.Object)
	if !ok {
		return refused(text(value))
	}
	var args []string
	for _, a := range o.Args {
		args = append(args, text(a))
	}
	said := strings.Join(args, ": ")
	name := o.Class[strings.LastIndexByte(o.Class, '.')+1:]
	switch {
	case name == "UnknownJailException":
		return fault.New(fault.JailNotFound, "fail2ban has no jail %s", readable(said)).
			WithMend("See which jails run: fail2ban-client status")
	case strings.HasPrefix(said, "Invalid command"):
		return fault.New(fault.Unsupported, "this version of fail2ban does not know the command: %s", readable(said))
	case name == "OperationalError" && strings.Contains(said, "locked"):
		return fault.New(fault.Fail2banRefused, "fail2ban's database is locked by another program").
			WithMend("Try again; if it lasts, see who holds the file: fuser /var/lib/fail2ban/fail2ban.sqlite3")
	default:
		return refused(name + ": " + said)
	}
}

func refused(said string) error {
	return fault.New(fault.Fail2banRefused, "fail2ban refused: %s", readable(said))
}

func unsendable(err error) error {
	return fault.Wrap(err, fault.Invalid, "fail2ban can't be sent that: %s", err)
}

// readable shortens a text of fail2ban's and makes its control characters visible,
// for it may quote an attacker.
func readable(s string) string {
	const most = 600 // an expression behind a long prefix should still be known by its own words
	var b strings.Builder
	for _, r := range s {
		if b.Len() > most {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "%+q", string(r))
	}
	return b.String()
}
