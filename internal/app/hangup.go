package app

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Times of the stop. In lingerTime clients that hold connections open learn with their
// next answer that these end, instead of losing a request on one that is being closed.
const (
	arriveTime = 20 * time.Millisecond // for connections that had begun when we went deaf
	acceptTime = 2 * time.Second
	lingerTime = time.Second
)

// hangUp closes the listeners so that nobody who got through to us is lost, and lets
// clients leave by themselves for a while.
func (a *App) hangUp(ctx context.Context) error {
	for _, l := range a.listeners {
		deafen(l)
	}
	sleep(ctx, arriveTime)
	accepting, cancel := context.WithTimeout(ctx, acceptTime)
	defer cancel()
	for _, l := range a.listeners {
		untilNoneWaits(accepting, l)
	}
	err := closeAll(a.listeners)
	lingering, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	a.crowd.untilNoneIdle(lingering)
	return err
}

// deafen makes a listener take no more new connections while those that are on their way
// still arrive: the kernel drops the packets that begin one (SYN), and the client, which
// tries again a second later, finds the door closed. A listener that is simply closed
// resets the connections that wait to be accepted, with the requests in them. One that
// can't be deafened is closed all the same, so errors count for nothing.
func deafen(l *net.TCPListener) {
	const flags, syn, all = 13, 0x02, 0xffffffff // the place of the flags in the TCP header, where the packet begins
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: syn, Jt: 0, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: all},
	}
	control(l, func(fd int) {
		_ = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
}

// untilNoneWaits waits until all connections to a listener are accepted, or ctx ends.
func untilNoneWaits(ctx context.Context, l *net.TCPListener) {
	for waiting(l) > 0 && ctx.Err() == nil {
		sleep(ctx, time.Millisecond)
	}
}

// waiting is how many connections wait to be accepted.
func waiting(l *net.TCPListener) (n uint32) {
	control(l, func(fd int) {
		if info, err := unix.GetsockoptTCPInfo(fd, syscall.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = info.Unacked // of a listener: the length of its queue
		}
	})
	return n
}

func control(l *net.TCPListener, do func(fd int)) {
	if raw, err := l.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

func sleep(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}
