package geo

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"bangui/internal/fault"
	"bangui/internal/health"
)

// slot is the place of one database: the one that is read now, and the file that it
// should come from.
type slot struct {
	kind    Kind
	file    string
	builtIn Data
	options *Options

	current atomic.Pointer[database] // nil = none

	mu      sync.Mutex // held by refresh and state, never by a lookup
	seen    version    // of the file when it was last tried
	problem error      // a fault; nil = the file is read, or there is none
}

// look adds what the database of the moment tells.
func (s *slot) look(prefix netip.Prefix, into *Place) {
	if d := s.current.Load(); d != nil {
		d.look(s.kind, prefix, into)
	}
}

// openBuiltIn takes the database that came with the product.
func (s *slot) openBuiltIn(ctx context.Context) {
	if len(s.builtIn.Content) == 0 {
		return
	}
	opened, err := open(s.kind, content{bytes: s.builtIn.Content})
	if err != nil {
		s.fail(ctx, err)
		return
	}
	s.take(ctx, opened, FromProduct, s.builtIn.Credits)
}

// refresh opens the file when it is another one than before, or broke while it was read.
func (s *slot) refresh(ctx context.Context) {
	if s.file == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := versionOf(s.file)
	current := s.current.Load()
	broke := current != nil && current.source == FromFile && current.broken.Load()
	if err == nil && now == s.seen && !broke {
		return
	}
	switch {
	case err != nil:
	case broke && !current.content.mapped && now == s.seen:
		err = fault.New(fault.Invalid, "the file %s makes its reader fail", s.file).WithMend(mendFile)
	default:
		err = s.openFile(ctx)
	}
	s.seen, s.problem = now, err
	if err == nil {
		s.options.Findings.Clear(s.finding())
		return
	}
	if broke {
		s.current.Store(nil)
		s.openBuiltIn(ctx)
	}
	s.fail(ctx, err)
}

func (s *slot) openFile(ctx context.Context) error {
	read, err := readFile(s.file, s.options.Map)
	if err != nil {
		return err
	}
	opened, err := open(s.kind, read)
	if err != nil {
		return err
	}
	s.take(ctx, opened, FromFile, creditsOf(opened.reader.Metadata.DatabaseType))
	return nil
}

// take puts a database in place. Lookups that run keep the one before it until they end.
func (s *slot) take(ctx context.Context, d *database, source Source, credits []Credit) {
	d.source, d.credits, d.opened = source, credits, s.options.Now()
	s.current.Store(d)
	s.options.Logger.InfoContext(ctx, "geo database", "database", string(s.kind), "source", string(source),
		"built", d.built().Format(time.DateOnly), "bytes", len(d.content.bytes))
}

func (s *slot) finding() string { return "geo_" + string(s.kind) + "_unusable" }

// fail tells of a database that can't be used, once in the log.
func (s *slot) fail(ctx context.Context, err error) {
	text := fault.MessageOf(err) + "; " + s.instead()
	if s.options.Findings.Set(s.finding(), health.Warning, text, fault.MendOf(err)) {
		s.options.Logger.WarnContext(ctx, "a geo database can't be used", "database", string(s.kind), "error", err)
	}
}

// instead says what is read in place of the file.
func (s *slot) instead() string {
	current := s.current.Load()
	switch {
	case current == nil:
		return "what it would tell is not known meanwhile."
	case current.source == FromProduct:
		return "the data that came with BanGUI is used meanwhile."
	default:
		return "the one before it is used meanwhile."
	}
}

func (s *slot) state() Database {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := Database{Kind: s.kind, Source: None, Path: s.file}
	if s.problem != nil {
		state.Problem, state.Mend = fault.MessageOf(s.problem)+"; "+s.instead(), fault.MendOf(s.problem)
	}
	if d := s.current.Load(); d != nil {
		d.describe(&state)
	}
	return state
}
