package api

import (
	"container/list"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"bangui/internal/fault"
)

// rateWindow is the span in which requests are counted.
const rateWindow = time.Minute

// standardRate is how many requests one client may send within a window.
const standardRate = 200

// limits are the bounds of every class within rateWindow; docs/rate-limits.md explains
// them. classRead has no bound of its own: what is bounded there is the sum of all.
func limits() map[rateClass]int {
	return map[rateClass]int{
		classLogin:  20, // wrong passwords have growing delays besides
		classBan:    60, // each of up to 10,000 addresses in jails
		classUnban:  60,
		classSteer:  30,
		classImport: 5,
		classTest:   30,
	}
}

// Bounds of what is remembered of clients. Beyond maxClients, those who are new share
// the counters of a crowd.
const (
	maxClients = 10_000
	crowds     = 256
)

// limiter counts the requests of each client within the last window, exactly: of any 60
// seconds, a client gets no more than its bound. A client is an IPv4 address or an IPv6
// /64. What is refused does not count.
//
// Nobody's count is forgotten while it matters. Where there are more clients than are
// remembered, the new ones are told apart less well, by a hash that nobody can guess.
type limiter struct {
	now   func() time.Time
	began time.Time
	all   int
	class map[rateClass]int
	seed  maphash.Seed

	mu      sync.Mutex
	clients map[netip.Prefix]*list.Element // of *client
	order   *list.List                     // the one that was quiet for the longest first
	crowd   [crowds]client
}

// client is what is counted of one client, or of a crowd.
type client struct {
	who   netip.Prefix
	last  time.Duration
	all   window
	class map[rateClass]*window
}

// window are the moments of the requests that were taken, oldest first, since the
// limiter began.
type window []time.Duration

func newLimiter(now func() time.Time, all int) *limiter {
	if all == 0 {
		all = standardRate
	}
	return &limiter{
		now: now, began: now(), all: all, class: limits(), seed: maphash.MakeSeed(),
		clients: map[netip.Prefix]*list.Element{}, order: list.New(),
	}
}

// rate is how a client stands with one bound.
type rate struct {
	name  string
	most  int
	left  int
	reset time.Duration // until one more is taken, or would be
}

// take counts a request, unless one of its bounds is reached. It gives how the client
// stands with each of them; refused is the one that is reached.
func (l *limiter) take(caller netip.Addr, class rateClass) (rates []rate, refused *rate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now().Sub(l.began)
	c := l.client(sourceOf(caller), now)
	windows := []*window{&c.all}
	rates = []rate{{name: "all", most: l.all}}
	if most := l.class[class]; most > 0 {
		windows = append(windows, c.of(class))
		rates = append(rates, rate{name: string(class), most: most})
	}
	for i, w := range windows {
		w.forget(now)
		if len(*w) >= rates[i].most && (refused == nil || w.next(now) > refused.reset) {
			refused = &rates[i]
		}
		rates[i].left, rates[i].reset = max(0, rates[i].most-len(*w)), w.next(now)
	}
	if refused != nil {
		return rates, refused
	}
	c.last = now
	for i, w := range windows {
		*w = append(*w, now)
		rates[i].left, rates[i].reset = rates[i].left-1, w.next(now)
	}
	return rates, nil
}

// client finds what is counted of a source, and makes it when there is room.
func (l *limiter) client(who netip.Prefix, now time.Duration) *client {
	if e, ok := l.clients[who]; ok {
		l.order.MoveToBack(e)
		return e.Value.(*client) //nolint:errcheck,forcetypeassert // only clients are in the list
	}
	for range 2 { // more go than come, so that quiet clients don't stay for ever
		l.dropQuiet(now)
	}
	if len(l.clients) >= maxClients {
		return &l.crowd[maphash.Comparable(l.seed, who)%crowds]
	}
	c := &client{who: who, last: now}
	l.clients[who] = l.order.PushBack(c)
	return c
}

// dropQuiet forgets the client that was quiet for the longest, if nothing that it sent
// counts any more.
func (l *limiter) dropQuiet(now time.Duration) {
	e := l.order.Front()
	if e == nil {
		return
	}
	if c := e.Value.(*client); now-c.last >= rateWindow { //nolint:errcheck,forcetypeassert // only clients are in the list
		delete(l.clients, c.who)
		l.order.Remove(e)
	}
}

// giveBack takes back the last request that was taken of a client: it was refused after
// all, and what is refused does not count.
func (l *limiter) giveBack(caller netip.Addr, class rateClass) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.client(sourceOf(caller), l.now().Sub(l.began))
	for _, w := range []*window{&c.all, c.of(class)} {
		*w = (*w)[:max(0, len(*w)-1)]
	}
}

func (c *client) of(class rateClass) *window {
	if c.class == nil {
		c.class = map[rateClass]*window{}
	}
	if c.class[class] == nil {
		c.class[class] = &window{}
	}
	return c.class[class]
}

// forget drops what is older than a window.
func (w *window) forget(now time.Duration) {
	old := 0
	for old < len(*w) && now-(*w)[old] >= rateWindow {
		old++
	}
	*w = append((*w)[:0], (*w)[old:]...)
}

// next is how long it takes until the oldest does not count any more.
func (w *window) next(now time.Duration) time.Duration {
	if len(*w) == 0 {
		return 0
	}
	return (*w)[0] + rateWindow - now
}

// sourceOf is what counts as one client: an IPv4 address, or the /64 of an IPv6 one, of
// which everybody has 2^64.
func sourceOf(caller netip.Addr) netip.Prefix {
	const network = 64
	caller = caller.Unmap().WithZone("")
	if caller.Is4() {
		return netip.PrefixFrom(caller, caller.BitLen())
	}
	p, _ := caller.Prefix(network) // of no address: the zero prefix, which they all share
	return p
}

// limited answers clients that ask too often with 429, before anything else is done for
// them. Health is never refused: who watches us must not be told that we are ill.
func (a *API) limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		class := rowOf(r.Context()).class
		if class == classNone {
			next.ServeHTTP(w, r)
			return
		}
		rates, refused := a.limiter.take(callerOf(r.Context()), class)
		tellRates(w.Header(), rates)
		if refused != nil {
			writeProblem(w, tooOften(r.Context(), refused))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), ratesKey{}, rates)))
	})
}

// ratesKey is that of how a client stands in this process, in the context of its request.
type ratesKey struct{}

func tooOften(ctx context.Context, refused *rate) *Problem {
	p := newProblem(ctx, fault.RateLimited, fmt.Sprintf("More than %d requests%s within %d seconds came from your address.",
		refused.most, kindOf(refused), seconds(rateWindow)))
	p.Mend = fmt.Sprintf("Try again in %d seconds.", seconds(refused.reset))
	p.Retry = refused.reset
	return p
}

func kindOf(r *rate) string {
	if r.name == "all" {
		return ""
	}
	return " of the class " + r.name
}

// tellRates writes the headers of draft-ietf-httpapi-ratelimit-headers.
func tellRates(h http.Header, rates []rate) {
	var policy, state []string
	for _, r := range rates {
		policy = append(policy, fmt.Sprintf("%q;q=%d;w=%d", r.name, r.most, seconds(rateWindow)))
		state = append(state, fmt.Sprintf("%q;r=%d;t=%d", r.name, r.left, seconds(r.reset)))
	}
	h.Set("RateLimit-Policy", strings.Join(policy, ", "))
	h.Set("RateLimit", strings.Join(state, ", "))
}

// seconds are whole seconds, rounded up: who waits so long is not refused again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
