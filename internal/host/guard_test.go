package host_test

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bangui/internal/allowlist"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"

	"pgregory.net/rapid"
)

// gate is a host that takes everything and notes what came through to it. It stands
// for a Local that checks nothing.
type gate struct {
	host.Host
	banned []string
	asked  []string // texts that came as parameters
}

func (g *gate) Jails() []host.Jail { return []host.Jail{{Name: "web"}} }

func (g *gate) Jail(_ context.Context, name string) (host.JailDetail, error) {
	g.asked = append(g.asked, name)
	return host.JailDetail{}, nil
}

func (g *gate) Bans(_ context.Context, jail string) ([]host.Ban, error) {
	g.asked = append(g.asked, jail)
	return nil, nil
}

func (g *gate) note(name string) error {
	g.asked = append(g.asked, name)
	return nil
}

func (g *gate) StartJail(_ context.Context, name string) error        { return g.note(name) }
func (g *gate) StopJail(_ context.Context, name string) error         { return g.note(name) }
func (g *gate) IdleJail(_ context.Context, name string, _ bool) error { return g.note(name) }
func (g *gate) ReloadJail(_ context.Context, name string, _ bool) error {
	return g.note(name)
}
func (g *gate) AddManualJail(context.Context) error    { return g.note("manual jail added") }
func (g *gate) RemoveManualJail(context.Context) error { return g.note("manual jail removed") }

func (g *gate) Check(_ context.Context, o host.BanOrder) ([]host.Outcome, error) {
	return g.outcomes(o, host.WouldBan), nil
}

func (g *gate) Ban(_ context.Context, o host.BanOrder) ([]host.Outcome, error) {
	g.asked = append(g.asked, o.Actor, o.Reason)
	g.asked = append(g.asked, o.Jails...)
	for _, t := range o.Targets {
		g.banned = append(g.banned, allowlist.Text(t))
	}
	return g.outcomes(o, host.Banned), nil
}

func (g *gate) outcomes(o host.BanOrder, result host.Result) []host.Outcome {
	var all []host.Outcome
	for _, jail := range o.Jails {
		for _, t := range o.Targets {
			all = append(all, host.Outcome{Target: allowlist.Text(t), Jail: jail, Result: result})
		}
	}
	return all
}

func (g *gate) Lift(_ context.Context, o host.LiftOrder) ([]host.Outcome, error) {
	g.asked = append(append(append(g.asked, o.IDs...), o.Jails...), o.Actor, o.Reason)
	return nil, nil
}

func (g *gate) Evidence(_ context.Context, id string) ([]host.Evidence, error) {
	return nil, g.note(id)
}

// system is a machine that protects nothing but itself at 192.0.2.10.
func system(t testing.TB) allowlist.System {
	return allowlist.System{Root: t.TempDir(), Addresses: func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("192.0.2.10"), Mask: net.CIDRMask(24, 32)}}, nil
	}}
}

func TestGuard_OutcomesKeepTheirOrder(t *testing.T) {
	inner := &gate{}
	g := host.NewGuard(inner, host.GuardOptions{System: system(t), Protected: func() []allowlist.Entry {
		return []allowlist.Entry{{Prefix: netip.MustParsePrefix("198.51.100.0/25"), Reason: "the office"}}
	}})
	order := host.BanOrder{
		Targets:   prefixes("203.0.113.1", "192.0.2.10", "198.51.100.3", "198.18.0.0/15", "203.0.113.9", "203.0.113.2", "203.0.113.3"),
		Jails:     []string{"web", "mail"},
		Caller:    netip.MustParseAddr("203.0.113.9"),
		Protected: []allowlist.Entry{{Prefix: netip.MustParsePrefix("203.0.113.2/32"), Reason: "somebody who is signed in"}},
	}
	for name, ask := range map[string]func(context.Context, host.BanOrder) ([]host.Outcome, error){"check": g.Check, "ban": g.Ban} {
		outcomes, err := ask(t.Context(), order)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range outcomes {
			got = append(got, o.Jail+" "+o.Target+" "+string(o.Result))
		}
		taken := map[string]string{"check": "would_ban", "ban": "banned"}[name]
		var want []string
		for _, jail := range order.Jails {
			want = append(want, jail+" 203.0.113.1 "+taken, jail+" 192.0.2.10 refused", jail+" 198.51.100.3 refused", jail+" 198.18.0.0/15 needs_confirmation",
				jail+" 203.0.113.9 refused", jail+" 203.0.113.2 refused", jail+" 203.0.113.3 "+taken)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, want)
		}
	}
	if want := []string{"203.0.113.1", "203.0.113.3"}; !slices.Equal(inner.banned, want) {
		t.Errorf("banned %v, want %v", inner.banned, want)
	}
}

// Whatever is ordered, no protected address is banned, nor anything wider than is allowed.
func TestGuard_NeverBansProtected(t *testing.T) {
	dir := system(t)
	rapid.Check(t, func(rt *rapid.T) {
		inner := &gate{}
		g := host.NewGuard(inner, host.GuardOptions{System: dir})
		address := rapid.Custom(func(t *rapid.T) netip.Addr {
			a := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes")))
			if rapid.Bool().Draw(t, "mapped") {
				a = netip.AddrFrom16(a.As16())
			}
			return a
		})
		caller := address.Draw(rt, "caller")
		shielded := address.Draw(rt, "protected")
		near := rapid.SampledFrom([]netip.Addr{caller, shielded, netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("127.0.0.1"), address.Draw(rt, "other")}).Draw(rt, "near")
		target := netip.PrefixFrom(near, rapid.IntRange(0, near.BitLen()).Draw(rt, "bits"))
		_, err := g.Ban(t.Context(), host.BanOrder{
			Targets: []netip.Prefix{target}, Jails: []string{"web"}, Caller: caller, AllowWide: rapid.Bool().Draw(rt, "wide"),
			Protected: []allowlist.Entry{{Prefix: netip.PrefixFrom(shielded, shielded.BitLen()), Reason: "it is signed in"}},
		})
		if err != nil {
			rt.Fatal(err)
		}
		for _, text := range inner.banned {
			p, err := allowlist.ParseTarget(text)
			if err != nil {
				rt.Fatal(err)
			}
			for _, a := range []netip.Addr{caller.Unmap(), shielded.Unmap(), netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("127.0.0.1")} {
				if p.Contains(a) && !caller.Unmap().IsLoopback() {
					rt.Fatalf("%s was banned and holds %s", p, a)
				}
			}
			if p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 16 {
				rt.Fatalf("%s was banned", p)
			}
		}
	})
}

// smuggled are texts that must reach fail2ban in no parameter of any call.
var smuggled = []string{
	"canary<F2B_END_COMMAND>", "<F2B_CLOSE_COMMAND>canary", "canary\x00", "canary\r", "canary\n", "canary\nset sshd banip 198.51.100.1",
	"canary\x1b[2J", "canary\u0085", "canary\xff", "--canary", "-canary", strings.Repeat("canary", 5000),
}

// calls are all calls with a text of the caller in them, each with that text in one place.
func calls(g host.Host) map[string]func(ctx context.Context, text string) error {
	one := prefixes("203.0.113.7")
	return map[string]func(ctx context.Context, text string) error{
		"jail":     func(ctx context.Context, s string) error { _, err := g.Jail(ctx, s); return err },
		"bans":     func(ctx context.Context, s string) error { _, err := g.Bans(ctx, s); return err },
		"start":    g.StartJail,
		"stop":     g.StopJail,
		"idle":     func(ctx context.Context, s string) error { return g.IdleJail(ctx, s, true) },
		"reload":   func(ctx context.Context, s string) error { return g.ReloadJail(ctx, s, true) },
		"evidence": func(ctx context.Context, s string) error { _, err := g.Evidence(ctx, s); return err },
		"ban, jail": func(ctx context.Context, s string) error {
			_, err := g.Ban(ctx, host.BanOrder{Targets: one, Jails: []string{"web", s}})
			return err
		},
		"ban, actor": func(ctx context.Context, s string) error {
			_, err := g.Ban(ctx, host.BanOrder{Targets: one, Jails: []string{"web"}, Actor: strings.TrimLeft(s, "-") + "<F2B_"})
			return err
		},
		"ban, reason": func(ctx context.Context, s string) error {
			_, err := g.Ban(ctx, host.BanOrder{Targets: one, Jails: []string{"web"}, Reason: strings.TrimLeft(s, "-") + "\n"})
			return err
		},
		"ban, reason of a protected address": func(ctx context.Context, s string) error {
			_, err := g.Ban(ctx, host.BanOrder{Targets: one, Jails: []string{"web"}, Protected: []allowlist.Entry{{Prefix: one[0], Reason: s}}})
			return err
		},
		"lift, id": func(ctx context.Context, s string) error {
			_, err := g.Lift(ctx, host.LiftOrder{IDs: []string{"203.0.113.7", s}})
			return err
		},
		"lift, jail": func(ctx context.Context, s string) error {
			_, err := g.Lift(ctx, host.LiftOrder{IDs: []string{"203.0.113.7"}, Jails: []string{s}})
			return err
		},
		"lift, actor": func(ctx context.Context, s string) error {
			_, err := g.Lift(ctx, host.LiftOrder{IDs: []string{"203.0.113.7"}, Actor: s + "\x00"})
			return err
		},
		"lift, reason": func(ctx context.Context, s string) error {
			_, err := g.Lift(ctx, host.LiftOrder{IDs: []string{"203.0.113.7"}, Reason: s + "<F2B_"})
			return err
		},
	}
}

func TestGuard_NothingIsSmuggled(t *testing.T) {
	inner := &gate{}
	g := host.NewGuard(inner, host.GuardOptions{System: system(t)})
	for name, call := range calls(g) {
		for _, text := range smuggled {
			if err := call(t.Context(), text); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s with %.40q: %v, want it refused", name, text, err)
			}
		}
	}
	if len(inner.asked) > 0 {
		t.Errorf("came through: %.200q", inner.asked)
	}
	if err := calls(g)["start"](t.Context(), "a jail, with odd name (é)"); err != nil {
		t.Errorf("a harmless name is refused: %v", err)
	}
}

func TestGuard_Bounds(t *testing.T) {
	inner := &gate{}
	g := host.NewGuard(inner, host.GuardOptions{System: system(t)})
	many := slices.Repeat(prefixes("203.0.113.7"), host.MaxTargets+1)
	jails := slices.Repeat([]string{"web"}, host.MaxOrderJails+1)
	ids := slices.Repeat([]string{"203.0.113.7"}, host.MaxTargets+1)
	for name, order := range map[string]host.BanOrder{
		"targets": {Targets: many, Jails: jails[:1]}, "jails": {Targets: many[:1], Jails: jails},
		"bans":      {Targets: many[:host.MaxTargets], Jails: jails[:host.MaxPairs/host.MaxTargets+1]},
		"protected": {Targets: many[:1], Jails: jails[:1], Protected: make([]allowlist.Entry, host.MaxProtected+1)},
	} {
		if _, err := g.Ban(t.Context(), order); !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, order := range map[string]host.BanOrder{"no target": {Jails: jails[:1]}, "no jail": {Targets: many[:1]}, "no prefix": {Targets: make([]netip.Prefix, 1), Jails: jails[:1]}} {
		if _, err := g.Ban(t.Context(), order); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := g.Lift(t.Context(), host.LiftOrder{IDs: ids}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("ids: %v", err)
	}
	if len(inner.asked)+len(inner.banned) > 0 {
		t.Errorf("came through: %q %q", inner.asked, inner.banned)
	}
}

func TestGuard_WritesOnlyWhereAllowed(t *testing.T) {
	inner := &gate{}
	off := host.NewGuard(inner, host.GuardOptions{Switch: "manual-jail = yes in helper.conf"})
	for name, change := range map[string]func(context.Context) error{"add": off.AddManualJail, "remove": off.RemoveManualJail} {
		if err := change(t.Context()); !fault.Is(err, fault.Forbidden) || !strings.Contains(fault.MendOf(err), "manual-jail = yes") {
			t.Errorf("%s: %v, %q", name, err, fault.MendOf(err))
		}
	}
	if len(inner.asked) > 0 {
		t.Errorf("came through: %q", inner.asked)
	}
	on := host.NewGuard(inner, host.GuardOptions{OwnJail: true})
	if err := on.AddManualJail(t.Context()); err != nil || len(inner.asked) != 1 {
		t.Errorf("allowed: %v, %q", err, inner.asked)
	}
}

// Before a real fail2ban, as the console runs it.
func TestGuard_BeforeARealServer(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	g := host.NewGuard(b.local, host.GuardOptions{System: system(t), OwnJail: true})
	outcomes, err := g.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.7", "192.0.2.10", "203.0.113.8"), Jails: []string{"manual"}})
	if err != nil || len(outcomes) != 3 || outcomes[0].Result != host.Banned || outcomes[1].Result != host.Refused || outcomes[2].Result != host.Banned {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	b.untilActive("manual 203.0.113.7", "manual 203.0.113.8")
	b.until("both are listed", func() bool {
		bans, err := g.Bans(t.Context(), "manual")
		return err == nil && len(bans) == 2
	})
	if _, err := g.Bans(t.Context(), "nosuch"); !fault.Is(err, fault.JailNotFound) {
		t.Errorf("bans of no jail: %v", err)
	}
	if _, err := g.Ban(t.Context(), host.BanOrder{Targets: prefixes("192.0.2.10"), Jails: []string{"nosuch"}}); !fault.Is(err, fault.JailNotFound) {
		t.Errorf("a refused target in no jail: %v", err)
	}
	for name, call := range calls(g) {
		for _, text := range smuggled {
			if err := call(t.Context(), text); err == nil {
				t.Errorf("%s with %.40q was taken", name, text)
			}
		}
	}
	if log := b.server.Read(b.server.Log()); strings.Contains(log, "canary") {
		t.Error("the canary reached fail2ban")
	}
	if got := b.server.Client("get", "manual", "banned", "192.0.2.10"); got != "0" {
		t.Errorf("a protected address is banned: %s", got)
	}
	if lifted, err := g.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.7"}}); err != nil || lifted[0].Result != host.Lifted {
		t.Errorf("%+v, %v", lifted, err)
	}
}

// A scheduler that was paused while it lost its lease changes nothing here any more.
func TestGuard_RefusesASchedulerOfThePast(t *testing.T) {
	inner := &gate{}
	g := host.NewGuard(inner, host.GuardOptions{Epochs: &host.Epochs{}})
	ban := func(epoch int64) error {
		_, err := g.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"web"}, Epoch: epoch})
		return err
	}
	lift := func(epoch int64) error {
		_, err := g.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.7"}, Jails: []string{"web"}, Epoch: epoch})
		return err
	}
	for _, do := range []func(int64) error{ban, lift} {
		if err := do(20); err != nil {
			t.Fatal(err)
		}
	}
	inner.asked, inner.banned = nil, nil
	for _, do := range []func(int64) error{ban, lift} {
		if err := do(19); !fault.Is(err, fault.Conflict) {
			t.Errorf("%v", err)
		}
	}
	if len(inner.asked) > 0 || len(inner.banned) > 0 {
		t.Errorf("it came through: %v %v", inner.asked, inner.banned)
	}
	if err := ban(0); err != nil {
		t.Errorf("a person: %v", err)
	}
}
