package cli

import (
	"errors"
	"fmt"
	"strings"

	"bangui/internal/app"
	"bangui/internal/fault"
	"bangui/internal/lease"
)

// Exit statuses. Each command's help lists those that it uses.
const (
	Done        = 0
	Failed      = 1  // it was not done, or not all of it
	Usage       = 2  // wrong usage, or a bad setting
	NothingHere = 3  // doctor: nothing on this machine would run fail2ban
	Held        = 3  // serve: another console uses the database, and may not be stood by
	NoDatabase  = 4  // serve: the database can't be used
	Unreachable = 69 // neither a console nor fail2ban answers
	Outlived    = 75 // serve: work did not end with its lease; a supervisor starts it again
	NoPermit    = 77 // no permission; what to run is printed
)

var meanings = map[int]string{ //nolint:gochecknoglobals // constant
	Done:        "done",
	Failed:      "not done, or not all of it",
	Usage:       "wrong usage or a bad setting",
	3:           "doctor: fail2ban is installed, but nothing on this machine runs services; serve: another console uses this database",
	NoDatabase:  "the database can't be used",
	Unreachable: "neither a console nor fail2ban answers",
	Outlived:    "a background job did not end when another console took over; start it again",
	NoPermit:    "no permission; what to run is printed",
}

// exits is the part of a command's help about its exit statuses.
func exits(statuses ...int) string {
	var b strings.Builder
	b.WriteString("\n\nExit status:\n")
	for _, s := range statuses {
		fmt.Fprintf(&b, "  %2d  %s\n", s, meanings[s])
	}
	return strings.TrimRight(b.String(), "\n")
}

// outcomeError is a command that showed what went wrong itself.
type outcomeError struct{ status int }

// Error is never shown.
func (e *outcomeError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// statusOf is the exit status of an error.
func statusOf(err error) int {
	if shown, ok := errors.AsType[*outcomeError](err); ok {
		return shown.status
	}
	var coded *fault.Error
	if !errors.As(err, &coded) {
		return Usage // cobra's own errors: unknown commands and flags
	}
	if _, ok := errors.AsType[*lease.HeldError](err); ok {
		return Held
	}
	var stage *app.StageError
	if errors.As(err, &stage) && stage.Stage == "database" && coded.Code != fault.PermissionDenied {
		return NoDatabase
	}
	switch coded.Code {
	case fault.Invalid, fault.PasswordWeak:
		return Usage
	case fault.PermissionDenied, fault.Fail2banForbidden, fault.NotSignedIn, fault.SetupNeeded, fault.NotAllowed:
		return NoPermit
	case fault.Fail2banUnreachable, fault.Fail2banTimeout, fault.Unavailable:
		return Unreachable
	case fault.DatabaseCorrupt, fault.DatabaseTooNew, fault.DatabaseBusy, fault.DiskFull:
		return NoDatabase
	default:
		return Failed
	}
}
