package fail2ban

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bangui/internal/fail2ban/pickle"
	"bangui/internal/fault"
)

// Ban is one ban as the server lists it.
type Ban struct {
	ID        string // an address, a network, or any text that a filter calls an id
	BannedAt  time.Time
	Duration  time.Duration // whole seconds, effective; 0 where Permanent
	Permanent bool
}

// Banned are the ids banned in every jail, by jail, in the order of banning.
func (c *Client) Banned(ctx context.Context) (map[JailName][]string, error) {
	dicts, err := asAnswer[[]any](c.ask(ctx, read, listTime, "banned"))
	if err != nil {
		return nil, err
	}
	all := map[JailName][]string{}
	for _, d := range dicts {
		if dict, ok := d.(pickle.Dict); ok {
			for _, p := range dict {
				all[JailName(text(p.Key))] = texts(p.Value)
			}
		}
	}
	return all, nil
}

// withTimes is a line of `banip --with-time`. The id may hold anything, line breaks
// included, so it is matched from the right (fail2ban.md 3.2).
var withTimes = regexp.MustCompile(`(?s)^(.*) \t(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \+ (-?\d+) = (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)$`)

// BannedWithTimes are the bans of a jail with their starts and durations, ordered by
// their ends. It keeps the server busy for about 10 ms per 1000 bans. A line that
// can't be read is skipped and logged, it never hides the others.
func (c *Client) BannedWithTimes(ctx context.Context, jail JailName) ([]Ban, error) {
	value, err := c.ask(ctx, read, listTime, "get", string(jail), "banip", "--with-time")
	if err != nil {
		return nil, err
	}
	lines, ok := value.([]any)
	if !ok {
		return nil, unexpected(value)
	}
	bans := make([]Ban, 0, len(lines))
	for _, line := range lines {
		b, ok := c.parseBan(text(line))
		if !ok {
			c.logger.WarnContext(ctx, "a line of fail2ban's ban list can't be read", "jail", string(jail), "line", readable(text(line)))
			continue
		}
		bans = append(bans, b)
	}
	return bans, nil
}

func (c *Client) parseBan(line string) (Ban, bool) {
	m := withTimes.FindStringSubmatch(line)
	if m == nil {
		return Ban{}, false
	}
	at, err := time.ParseInLocation(time.DateTime, m[2], c.location)
	seconds, err2 := strconv.ParseInt(m[3], 10, 64)
	if err != nil || err2 != nil {
		return Ban{}, false
	}
	b := Ban{ID: m[1], BannedAt: at.UTC(), Permanent: seconds < 0}
	if !b.Permanent {
		const longest = int64(1<<63-1) / int64(time.Second)
		b.Duration = time.Duration(min(seconds, longest)) * time.Second
	}
	return b, true
}

// IsBanned says for each id whether it is banned in a jail. The server searches its
// list from end to end for each: 40 ms an id at 50,000 bans.
func (c *Client) IsBanned(ctx context.Context, jail JailName, ids ...string) ([]bool, error) {
	is := make([]bool, len(ids))
	err := c.session(ctx, read, listTime, func(cn *conn) error {
		for i, id := range ids {
			value, err := cn.ask([]any{"get", string(jail), "banned", id})
			if err != nil {
				return err
			}
			yes, _ := value.(bool) // 0.11 says True
			is[i] = yes || number(value) == 1
		}
		return nil
	})
	return is, err
}

// Outcome tells what became of one id.
type Outcome struct {
	ID     string
	Banned bool  // after the command
	Err    error // why the server did not take it; nil when it did
}

// How a bulk command is kept short, so that whoever else talks to fail2ban waits at
// most that long: with a real nftables action one id takes 30 ms (fail2ban.md 8).
const (
	firstBatch = 5
	mostBatch  = 100
	aimFor     = 60 * time.Millisecond
	longestNap = 60 * time.Millisecond
)

// Ban bans ids in a jail, many in short commands with pauses between them; the
// duration is the jail's. It goes on after an id that the server does not take, and
// ends early when ctx does: outcomes then cover what was sent. It ignores the jail's
// ignore list, as fail2ban does.
func (c *Client) Ban(ctx context.Context, jail JailName, ids ...string) ([]Outcome, error) {
	return c.each(ctx, jail, "banip", ids)
}

// Unban lifts bans in a jail, in the same manner. It deletes the ids' rows from
// fail2ban's database, also those of ids that are not banned.
func (c *Client) Unban(ctx context.Context, jail JailName, ids ...string) ([]Outcome, error) {
	return c.each(ctx, jail, "unbanip", ids)
}

func (c *Client) each(ctx context.Context, jail JailName, verb string, ids []string) ([]Outcome, error) {
	for _, id := range ids {
		if err := checkID(id); err != nil {
			return nil, err
		}
	}
	outcomes := make([]Outcome, 0, len(ids))
	size := firstBatch
	for len(ids) > 0 {
		batch := ids[:min(size, len(ids))]
		ids = ids[len(batch):]
		began := time.Now()
		done, err := c.batch(ctx, jail, verb, batch)
		if err != nil {
			return outcomes, err
		}
		outcomes = append(outcomes, done...)
		took := time.Since(began)
		size = nextBatch(len(batch), took)
		if len(ids) > 0 {
			nap(ctx, min(took, longestNap))
		}
	}
	return outcomes, nil
}

// nextBatch aims at commands that keep the server busy for aimFor; it grows at most
// twofold, for the first commands may be quick by chance.
func nextBatch(last int, took time.Duration) int {
	next := int(float64(last) * float64(aimFor) / float64(max(took, time.Millisecond)))
	return max(1, min(next, 2*last, mostBatch))
}

// batch sends one command. When the server refuses it, somewhere inside an id is bad
// and those before it were taken: so each id goes again by itself, to find which.
func (c *Client) batch(ctx context.Context, jail JailName, verb string, ids []string) ([]Outcome, error) {
	command := []any{"set", string(jail), verb}
	for _, id := range ids {
		command = append(command, id)
	}
	_, err := c.ask(ctx, bulk, bulkTime, command...)
	refusal := fault.Is(err, fault.Fail2banRefused)
	if err != nil && !refusal {
		return nil, err
	}
	if refusal && len(ids) > 1 {
		var outcomes []Outcome
		for _, id := range ids {
			one, err := c.batch(ctx, jail, verb, []string{id})
			if err != nil {
				return outcomes, err
			}
			outcomes = append(outcomes, one...)
		}
		return outcomes, nil
	}
	outcomes := make([]Outcome, len(ids))
	for i, id := range ids {
		outcomes[i] = Outcome{ID: id, Banned: (verb == "banip") != refusal, Err: err}
	}
	return outcomes, nil
}

func nap(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// checkID refuses what must never be an id in a command: nothing, an option, or text
// with control characters, which would forge lines of fail2ban's log (fail2ban.md 11.4).
func checkID(id string) error {
	const longest = 1024
	switch {
	case id == "", len(id) > longest:
		return fault.New(fault.Invalid, "an id has 1 to %d bytes", longest)
	case strings.HasPrefix(id, "-"):
		return fault.New(fault.Invalid, "an id does not start with a dash: %s", readable(id))
	case strings.ContainsFunc(id, unicode.IsControl):
		return fault.New(fault.Invalid, "an id holds no control characters: %s", readable(id))
	case strings.Contains(id, "<F2B_"):
		return fault.New(fault.Invalid, "an id does not hold fail2ban's own marker: %s", readable(id))
	}
	return nil
}
