package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// parseDays reads whole days; 0 = for ever.
func parseDays(text string) (time.Duration, error) {
	const most = 36_500
	if text == "forever" {
		return 0, nil
	}
	digits, ok := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > most {
		return 0, errNotAllowed
	}
	return time.Duration(n) * day, nil
}

func showDays(d time.Duration) string {
	if d == 0 {
		return "forever"
	}
	return fmt.Sprintf("%dd", d/day)
}

// units are those of a size, each 1024 times the one before.
const units = "KMGT"

// parseSize reads a size in bytes; 0 = none.
func parseSize(text string) (int64, error) {
	const least = 10 << 20
	if text == "none" {
		return 0, nil
	}
	digits := strings.TrimRight(text, units)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || len(text)-len(digits) > 1 {
		return 0, errNotAllowed
	}
	if len(digits) < len(text) {
		for range strings.IndexByte(units, text[len(text)-1]) + 1 {
			if n > math.MaxInt64>>10 {
				return 0, errNotAllowed
			}
			n <<= 10
		}
	}
	if n < least {
		return 0, errNotAllowed
	}
	return n, nil
}

// showSize writes a size in the largest unit that is exact.
func showSize(n int64) string {
	if n == 0 {
		return "none"
	}
	unit := 0
	for n%1024 == 0 && unit < len(units) {
		n >>= 10
		unit++
	}
	if unit == 0 {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10) + units[unit-1:unit]
}
