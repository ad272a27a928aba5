// Package expression tries fail2ban's expressions on lines of a log, with fail2ban's own
// engine: Go's takes hardly one of them. The engine is Python, and an expression can keep
// it busy for ever, so it runs in a cage: a process without the network, without rights,
// with little time and memory, that gets expressions and lines as data and nothing else.
package expression

import "time"

// Bounds of one trial.
const (
	MaxLines       = 2000
	MaxBytes       = 1 << 20  // of all lines
	MaxExpressions = 400      // of all kinds
	MaxExpression  = 16 << 10 // bytes of one
	MaxBuffer      = 1000     // lines that an expression may span
	MaxText        = 4000     // characters of a line that a result repeats
)

// Filter is what is tried: as fail2ban's server gets it, with references and tags of its
// files replaced, and <HOST> and <F-…> not.
type Filter struct {
	Prefix      string   // prefregex; "" = none
	Fail        []string // failregex
	Ignore      []string // ignoreregex
	DatePattern string   // "" = fail2ban's own patterns; one a line
	MaxLines    int      // that an expression may span; 0 = 1
}

// Line is one line of a log; hostile bytes.
type Line struct {
	Text []byte
	At   *time.Time // of an entry of the journal, whose line has no date; nil = it stands in the line
}

// Trial is a filter and the lines to try it on.
type Trial struct {
	Filter Filter
	Lines  []Line
	// HostNames takes names of hosts where <HOST> stands, as fail2ban does unless usedns
	// is no. They are never looked up.
	HostNames bool
	// Judge also looks whether who writes text into the log could choose the id.
	Judge bool
}

// State is what became of one line.
type State string

// The states of a line.
const (
	Matched State = "matched"
	Missed  State = "missed"
	Ignored State = "ignored" // an ignoreregex, or an expression that finds no failure
	Skipped State = "skipped" // empty, or a comment
	Stopped State = "stopped" // no expression matched, and one was stopped on it
	Untried State = "untried" // the time was over
)

// Result is what came of a trial.
type Result struct {
	Version     string // of fail2ban
	Python      string
	Counts      Counts // as fail2ban-regex counts
	Stopped     string // why not all lines were tried; "" = they were
	Expressions []Expression
	Flags       []Flag
	Lines       []Row // one for each line, in their order
}

// Counts are lines by what became of them. A line on which an expression was stopped
// counts as missed.
type Counts struct{ Tested, Matched, Missed, Ignored int }

// Kind says what an expression is for.
type Kind string

// The kinds.
const (
	OfPrefix Kind = "prefix"
	OfFail   Kind = "fail"
	OfIgnore Kind = "ignore"
	OfDate   Kind = "date" // one for all date patterns
)

// Expression is what was seen of one expression.
type Expression struct {
	Kind        Kind
	Index       int // among those of its kind, from 0
	Text        string
	Hits        int
	Time        time.Duration // on all lines, of the process' own time
	Slowest     time.Duration // on one line
	SlowestLine int           // from 1
	Stopped     int           // the line on which it took too long and was stopped; 0 = it wasn't
	Fault       string        // why it can't be used; "" = it can
}

// Row is one line and what became of it. Places are in characters, from 0.
type Row struct {
	Number             int    // from 1
	Text               string // at most MaxText characters; hostile
	Cut                bool   // Text is not all of it
	State              State
	Hits               []Hit
	At                 *time.Time // nil = no date was found
	DateStart, DateEnd int        // where it stands; both 0 = not in this line
}

// Hit is one expression that matched. All texts are hostile.
type Hit struct {
	Expression int    // index among the failregexes
	ID         string // that would be banned; "" = not known yet, a later line tells it
	User, Host string // "" = none
	Line       int    // where the match begins: an earlier line where an expression spans several
	Start, End int    // in that line
	Groups     []Group
}

// Group is what a named group of an expression took.
type Group struct {
	Name, Value      string
	Line, Start, End int
}

// FlagKind says what is wrong with an expression.
type FlagKind string

// The kinds of flags.
const (
	Steered    FlagKind = "steered"    // shown: a line in which another id is found than the real one
	Unanchored FlagKind = "unanchored" // by its shape: it matches anywhere in a line
	CatchAll   FlagKind = "catch_all"  // by its shape: any text before the id, and an open end
	Slow       FlagKind = "slow"
)

// Flag is something about an expression that a person should know.
type Flag struct {
	Kind       FlagKind
	Of         Kind
	Expression int
	Text       string // a sentence
	Example    string // a line that shows it; "" = none. Hostile text
}
