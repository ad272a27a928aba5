package api

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"bangui/internal/fault"
)

// However many accounts somebody has, from one place he gets a part, and all together get
// no more than there are. Who leaves makes room, and nothing is remembered of him.
func TestStreams(t *testing.T) {
	s := newStreams()
	var leaves []func()
	enter := func(user int, source string) error {
		leave, err := s.enter(fmt.Sprint("user ", user), netip.MustParsePrefix(source))
		if err == nil {
			leaves = append(leaves, leave)
		}
		return err
	}
	for n := range maxStreamsOfSource {
		if err := enter(n/maxStreamsOfUser, "192.0.2.1/32"); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := enter(99, "192.0.2.1/32"); !fault.Is(err, fault.TooMany) || !strings.Contains(fault.MessageOf(err), "from your address") {
		t.Errorf("one more from there: %v", err)
	}
	if err := enter(0, "192.0.2.2/32"); !fault.Is(err, fault.TooMany) || !strings.Contains(fault.MessageOf(err), "you have") {
		t.Errorf("one more of that user: %v", err)
	}
	for n := maxStreamsOfSource; n < maxStreams; n++ {
		if err := enter(100+n/maxStreamsOfUser, fmt.Sprintf("198.51.100.%d/32", n)); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := enter(1000, "203.0.113.1/32"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("one more of all: %v", err)
	}
	for _, leave := range leaves {
		leave()
	}
	if s.all != 0 || len(s.user) != 0 || len(s.source) != 0 {
		t.Errorf("left over: %+v", s)
	}
}
