package api

import (
	"net/netip"
	"sync"

	"bangui/internal/fault"
)

// Bounds of the event streams that are open at once. A page has one in each tab. One
// account, or one place, can't take those of all the others.
const (
	maxStreams         = 200
	maxStreamsOfUser   = 20
	maxStreamsOfSource = 60
)

// streams counts those that are open.
type streams struct {
	mu     sync.Mutex
	all    int
	user   map[string]int
	source map[netip.Prefix]int
}

func newStreams() *streams {
	return &streams{user: map[string]int{}, source: map[netip.Prefix]int{}}
}

// enter counts one more; leave ends it. TooMany says that he, or all, have enough.
func (s *streams) enter(user string, source netip.Prefix) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.all >= maxStreams:
		return nil, fault.New(fault.Unavailable, "too many event streams are open")
	case s.user[user] >= maxStreamsOfUser:
		return nil, fault.New(fault.TooMany, "you have %d event streams open, and no more are taken", maxStreamsOfUser).WithMend("Close other tabs of this page.")
	case s.source[source] >= maxStreamsOfSource:
		return nil, fault.New(fault.TooMany, "%d event streams are open from your address, and no more are taken", maxStreamsOfSource).
			WithMend("Close other tabs of this page. Where a proxy stands before BanGUI, name it in trusted-proxies, so that its clients are told apart.")
	}
	s.all++
	s.user[user]++
	s.source[source]++
	return func() { s.leave(user, source) }, nil
}

func (s *streams) leave(user string, source netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.user[user]--; s.user[user] == 0 {
		delete(s.user, user)
	}
	if s.source[source]--; s.source[source] == 0 {
		delete(s.source, source)
	}
}
