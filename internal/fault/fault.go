// Package fault is the one error model of BanGUI: a stable code that programs
// branch on, a message that is safe to show to anybody, a hint that says how to
// mend it, and the cause, which goes to the log and nowhere else.
//
// An error without a code counts as Internal: its text is for the log only.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code is a stable word for one way in which something can go wrong. Codes are
// part of the API: docs/errors.md explains each, and a test keeps both equal.
type Code string

// The codes. Their HTTP status stands in one table, in package api.
const (
	Internal         Code = "internal"           // a defect of ours, or a cause nobody foresaw
	Invalid          Code = "invalid"            // the input can't be taken as it is
	NotFound         Code = "not_found"          // no such thing
	HostNotFound     Code = "host_not_found"     // no host of that name or id
	JailNotFound     Code = "jail_not_found"     // fail2ban knows no such jail now
	MethodNotAllowed Code = "method_not_allowed" // the path exists, but not with that method
	Forbidden        Code = "forbidden"          // understood and refused
	HostUnknown      Code = "host_unknown"       // asked under a name that isn't ours
	Conflict         Code = "conflict"           // it is already so, or somebody else was quicker
	Protected        Code = "address_protected"  // banning it would lock somebody out
	NeedsConfirm     Code = "needs_confirmation" // wide reach; repeat it with the confirmation
	TooLarge         Code = "too_large"          // a body, list or value beyond its bound
	TooMany          Code = "too_many"           // a queue is full; try again later
	RateLimited      Code = "rate_limited"       // this client asks too often; try again later
	Unsupported      Code = "unsupported"        // this version of fail2ban can't do it

	Fail2banUnreachable Code = "fail2ban_unreachable" // nobody answers at the socket
	Fail2banForbidden   Code = "fail2ban_forbidden"   // the socket is there, but we may not open it
	Fail2banRefused     Code = "fail2ban_refused"     // fail2ban answered with an error
	Fail2banTimeout     Code = "fail2ban_timeout"     // no answer before the deadline
	Fail2banGarbled     Code = "fail2ban_garbled"     // an answer that isn't fail2ban's protocol

	NotSignedIn       Code = "not_signed_in"      // neither a session nor a token that holds
	SetupNeeded       Code = "setup_needed"       // there is no user yet
	SetupDone         Code = "setup_done"         // there is a user; the set-up is gone
	SetupTokenWrong   Code = "setup_token_wrong"  // not the token of this set-up
	CredentialsWrong  Code = "credentials_wrong"  // user name or password
	AttemptsThrottled Code = "attempts_throttled" // too many wrong passwords; wait
	NotAllowed        Code = "not_allowed"        // the role does not cover it
	StepUpNeeded      Code = "step_up_needed"     // the password is needed once more
	LastAdmin         Code = "last_admin"         // nobody would be left who may do everything
	PasswordWeak      Code = "password_weak"      // too short, or among those that are tried first

	Unavailable      Code = "unavailable"       // a part of us is not there yet, or is stopping
	DatabaseBusy     Code = "database_busy"     // somebody else holds the database
	DatabaseCorrupt  Code = "database_corrupt"  // the database file is damaged
	DatabaseTooNew   Code = "database_too_new"  // written by a newer BanGUI
	DiskFull         Code = "disk_full"         // no room left to write
	PermissionDenied Code = "permission_denied" // the operating system does not let us
)

// Codes lists every code, in the order in which docs/errors.md explains them.
func Codes() []Code {
	return []Code{
		Internal, Invalid, NotFound, HostNotFound, JailNotFound, MethodNotAllowed, Forbidden, HostUnknown, Conflict, Protected,
		NeedsConfirm, TooLarge, TooMany, RateLimited, Unsupported, Fail2banUnreachable, Fail2banForbidden, Fail2banRefused,
		Fail2banTimeout, Fail2banGarbled, NotSignedIn, SetupNeeded, SetupDone, SetupTokenWrong, CredentialsWrong,
		AttemptsThrottled, NotAllowed, StepUpNeeded, LastAdmin, PasswordWeak, Unavailable, DatabaseBusy, DatabaseCorrupt, DatabaseTooNew, DiskFull,
		PermissionDenied,
	}
}

// Error is a coded error. Message never holds a secret, a stack or SQL; Err may.
type Error struct {
	Code    Code
	Message string        // what was attempted and what is wrong, one sentence, safe to show
	Mend    string        // what to do about it; may be empty
	Err     error         // the cause, for the log; may be nil
	Retry   time.Duration // after which it is worth trying again; 0 = not known
}

// New returns an error with a code and a message.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns an error with a code, a message and the cause that goes to the log.
func Wrap(err error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// WithMend adds how to mend it and returns e.
func (e *Error) WithMend(format string, args ...any) *Error {
	e.Mend = fmt.Sprintf(format, args...)
	return e
}

// WithRetry adds after how long it is worth trying again and returns e.
func (e *Error) WithRetry(after time.Duration) *Error {
	e.Retry = after
	return e
}

// RetryOf is after how long it is worth trying again; 0 = not known.
func RetryOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Retry
	}
	return 0
}

// Error tells code, message and cause: the form for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of the outermost coded error in err's chain; Internal for
// any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries that code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// MessageOf is what may be shown of err: its message, or a fixed sentence for an
// error without a code.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Code != Internal {
		return e.Message
	}
	return "Something went wrong inside BanGUI. The log has the cause, under the request id."
}

// MendOf is the first hint in err's tree, the outermost first; "" when there is none.
func MendOf(err error) string {
	if e, ok := err.(*Error); ok && e.Mend != "" { //nolint:errorlint // the tree is walked by hand
		return e.Mend
	}
	switch wrapped := err.(type) { //nolint:errorlint // the tree is walked by hand
	case interface{ Unwrap() error }:
		return MendOf(wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range wrapped.Unwrap() {
			if mend := MendOf(one); mend != "" {
				return mend
			}
		}
	}
	return ""
}
