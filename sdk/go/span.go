package bellwire

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Span is a setting: a length of time, written as "90s", "5m", "1h30m", "2d" or "0". It is elapsed time, so a day is 24
// hours.
type Span time.Duration

func (span Span) Duration() time.Duration { return time.Duration(span) }

const (
	day     = 24 * time.Hour
	spanMax = 3650 * day
)

var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day,
}

var errSpan = errors.New(`expected a length of time such as "90s", "5m", "1h30m" or "2d"`)

// UnmarshalText reads whole numbers, each with its unit.
func (span *Span) UnmarshalText(text []byte) error {
	rest := string(text)
	if rest == "0" {
		*span = 0
		return nil
	}
	var sum time.Duration
	for {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		letters := len(rest[digits:]) - len(strings.TrimLeft(rest[digits:], "dhmsw"))
		count, err := strconv.ParseInt(rest[:digits], 10, 64)
		unit, known := units[rest[digits:digits+letters]]
		if err != nil || !known {
			return errSpan
		}
		if count > int64((spanMax-sum)/unit) {
			return errors.New("is longer than ten years")
		}
		sum += time.Duration(count) * unit
		if rest = rest[digits+letters:]; rest == "" {
			*span = Span(sum)
			return nil
		}
	}
}
