package app

import (
	"fmt"
	"strings"
	"time"

	"bangui/internal/schedule"
)

// JobsMarkdown is docs/jobs.md.
func JobsMarkdown() string {
	var b strings.Builder
	b.WriteString(`# Background jobs

This document is generated from the list of jobs (` + "`make generate`" + `).

Jobs run in one process only: in the console that holds [the scheduler's lock](scheduler-lock.md), however many consoles share a database. The Jobs page, ` + "`bangui job list`" + ` and ` + "`GET /api/v1/jobs`" + ` show when each ran last, for how long, what it did, and when it runs next.

- **Run now**: on the page, with ` + "`bangui job run NAME`" + ` or ` + "`POST /api/v1/jobs/{name}/run`" + `, from any console; the one that leads picks it up within two seconds. **Pause**: on the page or by the API; slots that pass meanwhile are left out.
- **Once a slot.** The start of a run is written down before the job runs, in a transaction that only the leader can commit. No job overlaps itself.
- **After downtime** a job that missed its slots runs once, and its run says for how many it stands. A run whose process died, or that was cut off, is recorded as lost or cancelled and run again once.
- **When the lease is lost** the context of every job ends. What a job still wants to write is refused by the database; a job that does not end in time ends its process (exit status 75).
- A job that fails or panics fails alone, raises the health condition ` + "`job_failing_NAME`" + ` until it works again, and is tried at its next slot. The newest ` + fmt.Sprint(schedule.KeptRuns) + ` runs of each job are kept.
- Times of day are in the zone of the setting [time-zone](settings.md), else in the server's. Where clocks are set forward, what is due in the time that is skipped runs once, as much later; where they are set back, what is due in the time that comes twice runs once. ` + "`scheduler_lock_heartbeat`" + ` stands in the list beside the jobs: it is the heartbeat of the lock, which every console's elector runs by itself.

| job | when | at most | delayed by up to |
| --- | --- | --- | --- |
`)
	for _, j := range JobList() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s |\n", j.Name, j.Name, j.When, spanOf(j.Timeout), spanOf(j.Jitter))
	}
	for _, j := range JobList() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n- Safe to repeat: %s\n- When the lease is lost: %s\n", j.Name, j.Does, j.Repeat, j.Lost)
		if j.Quiet {
			b.WriteString("- It looks often; only runs that did something or failed are recorded.\n")
		}
	}
	return b.String()
}

// spanOf writes a length of time without zero parts: 2h, not 2h0m0s.
func spanOf(d time.Duration) string {
	if d == 0 {
		return "nothing"
	}
	text := d.String()
	for _, end := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, end) {
			text = text[:len(text)-len("0s")]
		}
	}
	return text
}
