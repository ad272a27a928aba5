// Package health is the registry of named conditions: what is wrong now, how bad,
// since when, and how to mend it. Probes, the page and the log read the same one.
package health

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Severity says how much a condition matters.
type Severity string

// The severities, from note to trouble.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Condition is one thing that somebody should know.
type Condition struct {
	Code     string // stable word, unique within a registry: "fail2ban_unreachable"
	Severity Severity
	Text     string // what is the case, one sentence
	Mend     string // what to do about it; may be empty
	Since    time.Time
}

// Registry holds the conditions of one part. The zero value is not usable; see New.
type Registry struct {
	now func() time.Time
	mu  sync.Mutex
	set map[string]Condition
}

// New returns an empty registry that takes its time from now.
func New(now func() time.Time) *Registry {
	return &Registry{now: now, set: map[string]Condition{}}
}

// Set raises a condition, or renews its text; Since stays that of the first time.
// It reports whether the condition is new.
func (r *Registry) Set(code string, severity Severity, text, mend string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	old, was := r.set[code]
	c := Condition{Code: code, Severity: severity, Text: text, Mend: mend, Since: r.now()}
	if was {
		c.Since = old.Since
	}
	r.set[code] = c
	return !was
}

// Clear ends a condition. It reports whether there was one.
func (r *Registry) Clear(code string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, was := r.set[code]
	delete(r.set, code)
	return was
}

// All are the conditions of now, the worst first, then by code.
func (r *Registry) All() []Condition {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Condition, 0, len(r.set))
	for _, c := range r.set {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(a.Code, b.Code))
	})
	return all
}

func rank(s Severity) int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	default:
		return 2
	}
}
