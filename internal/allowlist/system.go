package allowlist

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// System finds what this machine can't do without: its own addresses, gateways,
// name servers, and the peers of running SSH sessions.
type System struct {
	// Root is where /proc and /etc are looked for; "" means "/". Tests give a copy.
	Root string
	// Addresses lists the machine's own addresses; nil means net.InterfaceAddrs.
	Addresses func() ([]net.Addr, error)
}

// maxRead bounds each file read from /proc and /etc; a busy machine's TCP table fits.
const maxRead = 16 << 20

// Entries are the protected prefixes of this moment. What can't be read is left
// out: a machine without IPv6 has no IPv6 routes.
func (s System) Entries() []Entry {
	var all []Entry
	all = append(all, s.own()...)
	all = append(all, s.gateways4()...)
	all = append(all, s.gateways6()...)
	all = append(all, s.nameServers()...)
	all = append(all, s.sessions()...)
	return append(all, s.logins()...)
}

func single(addr netip.Addr, reason string) Entry {
	addr = addr.Unmap().WithZone("")
	return Entry{Prefix: netip.PrefixFrom(addr, addr.BitLen()), Reason: reason}
}

func (s System) own() []Entry {
	list := s.Addresses
	if list == nil {
		list = net.InterfaceAddrs
	}
	addrs, err := list()
	if err != nil {
		return nil
	}
	var all []Entry
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, single(p.Addr(), "an address of this machine"))
		}
	}
	return all
}

// gateways4 reads /proc/net/route: gateway in column 3, hexadecimal, in the byte
// order of the machine (little endian on all that we build for).
func (s System) gateways4() []Entry {
	var all []Entry
	s.eachLine("proc/net/route", func(f []string) {
		if len(f) < 4 {
			return
		}
		b, err := hex.DecodeString(f[2])
		if err != nil || len(b) != 4 {
			return
		}
		if addr := netip.AddrFrom4([4]byte{b[3], b[2], b[1], b[0]}); !addr.IsUnspecified() {
			all = append(all, single(addr, "a gateway of this machine"))
		}
	})
	return all
}

// gateways6 reads /proc/net/ipv6_route: next hop in column 5, 32 hex digits.
func (s System) gateways6() []Entry {
	var all []Entry
	s.eachLine("proc/net/ipv6_route", func(f []string) {
		if len(f) < 5 {
			return
		}
		b, err := hex.DecodeString(f[4])
		if err != nil || len(b) != 16 {
			return
		}
		if addr := netip.AddrFrom16([16]byte(b)); !addr.IsUnspecified() {
			all = append(all, single(addr, "a gateway of this machine"))
		}
	})
	return all
}

func (s System) nameServers() []Entry {
	var all []Entry
	s.eachLine("etc/resolv.conf", func(f []string) {
		if len(f) < 2 || f[0] != "nameserver" {
			return
		}
		if addr, err := netip.ParseAddr(f[1]); err == nil {
			all = append(all, single(addr, "a name server of this machine"))
		}
	})
	return all
}

// sessions are the peers of established SSH connections: those of a process named
// sshd, or, where its descriptors may not be read, those of local port 22.
func (s System) sessions() []Entry {
	sockets := s.sshSockets()
	var all []Entry
	for _, table := range []string{"proc/net/tcp", "proc/net/tcp6"} {
		s.eachLine(table, func(f []string) {
			const established = "01"
			if len(f) < 10 || f[3] != established {
				return
			}
			_, port, ok := tableAddress(f[1])
			peer, _, ok2 := tableAddress(f[2])
			if ok && ok2 && (sockets[f[9]] || port == 22) && !peer.IsLoopback() {
				all = append(all, single(peer, "the other end of an SSH session that is open now"))
			}
		})
	}
	return all
}

// sshSockets are the socket inodes held by processes named sshd (sshd-session
// since OpenSSH 9.8). Only root may see those of others.
func (s System) sshSockets() map[string]bool {
	inodes := map[string]bool{}
	comms, _ := filepath.Glob(s.path("proc/[0-9]*/comm"))
	for _, comm := range comms {
		name, err := os.ReadFile(comm)
		if err != nil || !strings.HasPrefix(string(name), "sshd") {
			continue
		}
		links, _ := filepath.Glob(filepath.Join(filepath.Dir(comm), "fd", "*"))
		for _, link := range links {
			target, err := os.Readlink(link)
			if err == nil && strings.HasPrefix(target, "socket:[") {
				inodes[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
			}
		}
	}
	return inodes
}

// logins are the peers of remote logins as systemd-logind keeps them, one file of
// NAME=value lines each. Anybody may read them, so they tell of SSH on other ports
// than 22 where sockets of other processes can't be seen.
func (s System) logins() []Entry {
	const most = 1000
	files, _ := filepath.Glob(s.path("run/systemd/sessions/*"))
	var all []Entry
	for _, file := range files[:min(len(files), most)] {
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			continue // beside each file lies a pipe, whose opening would wait
		}
		s.eachLine(filepath.Join("run/systemd/sessions", filepath.Base(file)), func(f []string) {
			if len(f) != 1 {
				return
			}
			peer, ok := strings.CutPrefix(f[0], "REMOTE_HOST=")
			if !ok {
				return
			}
			if addr, err := netip.ParseAddr(peer); err == nil && !addr.Unmap().IsLoopback() {
				all = append(all, single(addr, "the other end of a login that is open now"))
			}
		})
	}
	return all
}

// tableAddress reads an address of /proc/net/tcp{,6}: groups of 32 bits in machine
// byte order, a colon, the port, all hexadecimal.
func tableAddress(text string) (netip.Addr, uint16, bool) {
	host, portText, ok := strings.Cut(text, ":")
	if !ok {
		return netip.Addr{}, 0, false
	}
	b, err := hex.DecodeString(host)
	port, perr := strconv.ParseUint(portText, 16, 16)
	if err != nil || perr != nil || (len(b) != 4 && len(b) != 16) {
		return netip.Addr{}, 0, false
	}
	for i := 0; i < len(b); i += 4 {
		b[i], b[i+1], b[i+2], b[i+3] = b[i+3], b[i+2], b[i+1], b[i]
	}
	addr, ok := netip.AddrFromSlice(b)
	return addr.Unmap(), uint16(port), ok
}

func (s System) path(rel string) string {
	root := s.Root
	if root == "" {
		root = "/"
	}
	return filepath.Join(root, rel)
}

// eachLine gives the blank-separated fields of each line of a file below Root.
func (s System) eachLine(rel string, do func(fields []string)) {
	f, err := os.Open(s.path(rel))
	if err != nil {
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxRead))
	for lines.Scan() {
		do(strings.Fields(lines.Text()))
	}
}

// Caller is the entry for whoever asks; ok is false for a request from the machine
// itself, which needs none.
func Caller(addr netip.Addr) (Entry, bool) {
	addr = addr.Unmap()
	if !addr.IsValid() || addr.IsLoopback() {
		return Entry{}, false
	}
	return single(addr, "the address you are connected from"), true
}

// Ignored turns fail2ban's ignore list of a jail into entries. Host names, raw ids
// and files are left out: they can't be compared with an address here.
func Ignored(jail string, list []string) []Entry {
	var all []Entry
	for _, text := range list {
		p, err := ParseTarget(text)
		if err != nil {
			p, err = maskForm(text)
		}
		if err == nil {
			all = append(all, Entry{Prefix: p, Reason: fmt.Sprintf("on fail2ban's ignore list of jail %s", jail)})
		}
	}
	return all
}

// maskForm reads 198.51.100.0/255.255.255.0, which fail2ban takes as well.
func maskForm(text string) (netip.Prefix, error) {
	addrText, maskText, ok := strings.Cut(text, "/")
	if !ok {
		return netip.Prefix{}, fmt.Errorf("%q has no mask", clip(text))
	}
	addr, err := netip.ParseAddr(addrText)
	if err != nil {
		return netip.Prefix{}, err
	}
	mask, err := netip.ParseAddr(maskText)
	if err != nil || mask.BitLen() != addr.BitLen() {
		return netip.Prefix{}, fmt.Errorf("%q is no mask", clip(maskText))
	}
	ones, size := net.IPMask(mask.AsSlice()).Size()
	if size == 0 {
		return netip.Prefix{}, fmt.Errorf("%q is no mask", clip(maskText))
	}
	return Canonical(netip.PrefixFrom(addr, ones)), nil
}
