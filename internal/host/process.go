package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// processAge is how long a process has been running, by /proc; an hour when that
// can't be told, which means "not just started".
func processAge(pid int) time.Duration {
	const ticksPerSecond = 100 // USER_HZ, fixed on all that we build for
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return time.Hour
	}
	uptimeText, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return time.Hour
	}
	// The name in brackets may hold blanks: count the fields behind it. Field 22 of
	// the line is the start, in ticks since boot.
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	const startField = 22 - 3
	if len(fields) <= startField {
		return time.Hour
	}
	started, err1 := strconv.ParseFloat(fields[startField], 64)
	uptime, err2 := strconv.ParseFloat(strings.Fields(string(uptimeText))[0], 64)
	if err1 != nil || err2 != nil {
		return time.Hour
	}
	return time.Duration((uptime - started/ticksPerSecond) * float64(time.Second))
}
