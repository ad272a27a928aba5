package schedule_test

import (
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
