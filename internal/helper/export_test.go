package helper

import (
	"time"

	"bangui/internal/expression"
	"bangui/internal/host"
)

// Bounds that tests go beyond.
const (
	MaxRequest = maxRequest
	MaxConns   = maxConns
)

// Hurry shortens the waits of a server.
func (s *Server) Hurry(hello, idle, ping, silent time.Duration) {
	s.times.hello, s.times.idle, s.times.ping, s.times.silent = hello, idle, ping, silent
	s.times.frame = idle
}

// Verbs are the names of the closed list.
func Verbs() []string {
	names := []string{verbFollow}
	for name := range verbs() {
		names = append(names, name)
	}
	return names
}

// Messages are one value of each type that crosses the socket.
func Messages() []any {
	return []any{
		hello{},
		flaw{},
		request{},
		answer{},
		nothing{},
		named{},
		idling{},
		reloading{},
		identified{},
		push{},
		mark{},
		listHead{},
		receipt{},
		host.ExpressionOrder{},
		host.LogSource{},
		host.Logs{},
		host.LogLines{},
		expression.Result{},
	}
}
