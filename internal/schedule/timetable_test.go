package schedule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bangui/internal/schedule"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestTimetables(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	monthly, err := schedule.Cron("0 4 1 * *", berlin)
	if err != nil {
		t.Fatal(err)
	}
	cron := func(expression string) schedule.Timetable {
		when, err := schedule.Cron(expression, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	never, err := schedule.Cron("0 0 30 2 *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		when        schedule.Timetable
		after, want string
		text        string
	}{
		"every":                 {schedule.Every(10 * time.Minute), "2026-11-24T03:12:01Z", "2026-11-24T03:20:00Z", "every 10 minutes"},
		"every, on the slot":    {schedule.Every(time.Hour), "2026-11-24T03:00:00Z", "2026-11-24T04:00:00Z", "every hour"},
		"every, within a slot":  {schedule.Every(time.Second), "2026-11-24T03:00:00.9Z", "2026-11-24T03:00:01Z", "every second"},
		"daily":                 {schedule.DailyAt(3, 30, berlin), "2026-11-24T03:12:00Z", "2026-11-25T02:30:00Z", "daily at 03:30 (Europe/Berlin)"},
		"daily, skipped hour":   {schedule.DailyAt(2, 30, berlin), "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z", "daily at 02:30 (Europe/Berlin)"},
		"daily, hour twice":     {schedule.DailyAt(2, 30, berlin), "2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z", "daily at 02:30 (Europe/Berlin)"},
		"daily, but taken once": {schedule.DailyAt(2, 30, berlin), "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z", "daily at 02:30 (Europe/Berlin)"},
		"cron":                  {monthly, "2026-11-24T03:12:00Z", "2026-12-01T03:00:00Z", "cron 0 4 1 * * (Europe/Berlin)"},
		"cron, skipped hour":    {cron("30 2 * * 0"), "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z", "cron 30 2 * * 0 (Europe/Berlin)"},
		"cron, hour twice":      {cron("30 2 * * 0"), "2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z", "cron 30 2 * * 0 (Europe/Berlin)"},
		"cron, within the hour": {cron("30 2 * * 0"), "2026-10-25T00:45:00Z", "2026-10-25T01:30:00Z", "cron 30 2 * * 0 (Europe/Berlin)"},
		"cron, but taken once":  {cron("30 2 * * 0"), "2026-10-25T01:30:00Z", "2026-11-01T01:30:00Z", "cron 30 2 * * 0 (Europe/Berlin)"},
		"cron of each hour":     {cron("15 * * * *"), "2026-10-25T00:15:00Z", "2026-10-25T01:15:00Z", "cron 15 * * * * (Europe/Berlin)"},
		"cron that never comes": {never, "2026-11-24T03:12:00Z", "", "cron 0 0 30 2 * (UTC)"},
	} {
		t.Run(name, func(t *testing.T) {
			after, err := time.Parse(time.RFC3339, c.after)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if next := c.when.Next(after); !next.IsZero() {
				got = next.Format(time.RFC3339)
			}
			if got != c.want || c.when.String() != c.text {
				t.Errorf("%s after %s is %s, want %s", c.when, c.after, got, c.want)
			}
		})
	}
	if _, err := schedule.Cron("61 * * * *", time.UTC); err == nil {
		t.Error("minute 61 was taken")
	}
}

// However a zone sets its clocks: each day has its slot once, whether the day lacks the
// time or has it twice, and slots come in order from any moment.
func TestTimetables_OnceADayWhateverClocksDo(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Chatham", "UTC"} {
		in := zone(t, name)
		for hour := range 4 {
			for _, minute := range []int{0, 15, 30, 45} {
				when, err := schedule.Cron(fmt.Sprintf("%d %d * * *", minute, hour), in)
				if err != nil {
					t.Fatal(err)
				}
				for _, table := range []schedule.Timetable{when, schedule.DailyAt(hour, minute, in)} {
					eachDayOnce(t, table, in)
				}
			}
		}
	}
}

// eachDayOnce looks at two years, also from moments within the hours before a slot.
func eachDayOnce(t *testing.T, when schedule.Timetable, in *time.Location) {
	t.Helper()
	const days = 730
	from := time.Date(2016, 1, 1, 12, 0, 0, 0, in) // years in which all of them set their clocks
	last := from
	for day := 1; day <= days; day++ {
		slot := when.Next(last)
		noon := time.Date(2016, 1, 1+day, 12, 0, 0, 0, in)
		if !slot.After(last) || !slot.Before(noon) || slot.Before(noon.AddDate(0, 0, -1)) {
			t.Fatalf("%s: after %s comes %s", when, last, slot)
		}
		for _, before := range []time.Duration{time.Second, 30 * time.Minute, time.Hour, 90 * time.Minute, 3 * time.Hour} {
			if got := when.Next(slot.Add(-before)); !got.Equal(slot) {
				t.Fatalf("%s: %s before %s comes %s", when, before, slot, got)
			}
		}
		last = slot
	}
}

// Slots in the time that is skipped and behind it stay in order, none is left out, and two
// that fall together are one.
func TestCron_SkippedHourKeepsTheOrder(t *testing.T) {
	when, err := schedule.Cron("0,30 1-3 * * *", zone(t, "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string][]string{
		"2026-03-29T00:00:00+01:00": {"01:00+01:00", "01:30+01:00", "03:00+02:00", "03:30+02:00"},
		"2026-10-25T00:00:00+02:00": {"01:00+02:00", "01:30+02:00", "02:00+01:00", "02:30+01:00", "03:00+01:00", "03:30+01:00"},
	} {
		at, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range want {
			at = when.Next(at)
			got = append(got, at.In(zone(t, "Europe/Berlin")).Format("15:04Z07:00"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("from %s come %v, want %v", day, got, want)
		}
	}
}
