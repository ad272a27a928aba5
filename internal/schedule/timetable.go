package schedule

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// Timetable says when a job is due. Two processes with the same timetable agree on
// its slots.
type Timetable interface {
	// Next is the first slot after a moment; zero = there is none within five years.
	Next(after time.Time) time.Time
	// String says it to people: "every 10 minutes", "daily at 03:30 (Europe/Berlin)".
	String() string
}

// Every is a slot at each multiple of d since the beginning of 1970, UTC. d is whole
// seconds, at least one.
func Every(d time.Duration) Timetable {
	if d < time.Second || d%time.Second != 0 {
		panic(fmt.Sprintf("schedule: every %v", d))
	}
	return every(d)
}

type every time.Duration

func (e every) Next(after time.Time) time.Time {
	step := int64(time.Duration(e) / time.Second)
	return time.Unix((after.Unix()/step+1)*step, 0).UTC()
}

func (e every) String() string {
	d := time.Duration(e)
	for _, unit := range []struct {
		size time.Duration
		one  string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch {
		case d == unit.size:
			return "every " + unit.one
		case d%unit.size == 0:
			return fmt.Sprintf("every %d %ss", d/unit.size, unit.one)
		}
	}
	return "every " + d.String()
}

// DailyAt is a slot at that time of each day in a zone. A time that the zone skips when
// its clocks are set forward is taken an hour later that day; one that comes twice is
// taken once.
func DailyAt(hour, minute int, zone *time.Location) Timetable {
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		panic(fmt.Sprintf("schedule: daily at %d:%d", hour, minute))
	}
	return daily{hour, minute, zone}
}

type daily struct {
	hour, minute int
	zone         *time.Location
}

func (d daily) Next(after time.Time) time.Time {
	local := after.In(d.zone)
	for day := 0; ; day++ {
		slot := time.Date(local.Year(), local.Month(), local.Day()+day, d.hour, d.minute, 0, 0, d.zone)
		if slot.After(after) {
			return slot.UTC()
		}
	}
}

func (d daily) String() string {
	return fmt.Sprintf("daily at %02d:%02d%s", d.hour, d.minute, inZone(d.zone))
}

// Cron is a timetable in the five fields of cron: minute, hour, day of month, month,
// day of week; also @hourly and the like. The error says what is wrong with it.
//
// Where a zone sets its clocks forward, slots in the time that it skips are taken as much
// later; where it sets them back, slots in the time that comes twice are taken once. A
// timetable of each hour goes by hours that pass, whatever clocks are set to.
func Cron(expression string, zone *time.Location) (Timetable, error) {
	parsed, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, fmt.Errorf("cron expression %q: %w", expression, err)
	}
	times, ok := parsed.(*cron.SpecSchedule)
	if !ok || times.Hour&eachHour != 0 {
		if ok {
			times.Location = zone
		}
		return crontab{expression, parsed, zone, false}, nil
	}
	times.Location = time.UTC // where its clock is a face without a zone
	return crontab{expression, parsed, zone, true}, nil
}

// eachHour is what the library notes of a field that is *.
const eachHour = 1 << 63

type crontab struct {
	expression string
	parsed     cron.Schedule
	zone       *time.Location
	byFace     bool // parsed gives faces of clocks, as times in UTC
}

func (c crontab) Next(after time.Time) time.Time {
	if c.byFace {
		return c.nextByFace(after)
	}
	next := c.parsed.Next(after)
	if next.IsZero() {
		return next
	}
	return next.UTC()
}

// nextByFace is the first moment after another at which clocks show a slot. The library
// leaves out what is skipped and takes twice what comes twice.
func (c crontab) nextByFace(after time.Time) (first time.Time) {
	const most = 3 * time.Hour // that clocks are ever set by, and more
	shown := face(after.In(c.zone), time.UTC)
	for slot := c.parsed.Next(shown.Add(-most)); !slot.IsZero(); slot = c.parsed.Next(slot) {
		if !first.IsZero() && slot.After(face(first.In(c.zone), time.UTC).Add(most)) {
			break
		}
		at := face(slot, c.zone)
		if at.After(after) && (first.IsZero() || at.Before(first)) { // what was skipped comes behind what follows it
			first = at.UTC()
		}
	}
	return first
}

// face is the moment at which clocks of a zone show what t shows.
func face(t time.Time, zone *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
}

func (c crontab) String() string { return "cron " + c.expression + inZone(c.zone) }

// inZone names a zone; that of the machine goes without saying.
func inZone(zone *time.Location) string {
	if zone == time.Local {
		return ""
	}
	return fmt.Sprintf(" (%s)", zone)
}
