package apitext

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Timestamp returns a point in time as the API has it, seconds and a fraction: of a duration,
// which is before now, of a date with or without a time and a zone, and of such seconds
// themselves. It is docker/docker/api/types/time.GetTimestamp.
func Timestamp(s string, now time.Time) (string, error) {
	if d, err := time.ParseDuration(s); s != "0" && err == nil {
		return strconv.FormatInt(now.Add(-d).Unix(), 10), nil
	}
	zoned := strings.ContainsAny(s, "zZ+") || strings.Count(s, "-") == 3
	layout := timeLayout(s, zoned)
	var t time.Time
	var err error
	if zoned {
		t, err = time.Parse(layout, s)
	} else {
		t, err = time.ParseInLocation(layout, s, time.UTC)
	}
	switch {
	case err == nil:
		return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond()), nil
	case strings.Contains(s, "-"): // it was meant to be a date
		return "", err
	}
	for _, part := range strings.SplitN(s, ".", 2) {
		if _, err := strconv.ParseInt(part, 10, 64); err != nil {
			return "", fmt.Errorf("failed to parse value as time or duration: %q", s)
		}
	}
	return s, nil
}

// ParseTime reads a time as clients send it: seconds since 1970, and after a point the
// nanoseconds. The error is dockerd's, an internal one. Nothing is the zero time.
func ParseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	whole, part, ok := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || !ok {
		return time.Unix(seconds, 0), err
	}
	n, err := strconv.ParseInt(part, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	// A fraction of less than nine digits has its zeros left out.
	n = int64(float64(n) * math.Pow(10, float64(9-len(part))))
	return time.Unix(seconds, n), nil
}

// timeLayout returns the layout of a date by how much of a time follows it.
func timeLayout(s string, zoned bool) string {
	layout := "2006-01-02"
	switch colons := strings.Count(s, ":"); {
	case strings.Contains(s, "."):
		layout += "T15:04:05.999999999"
	case strings.Contains(s, "T"):
		if zoned && !strings.ContainsAny(s, "zZ") && colons > 0 {
			colons-- // of the zone
		}
		layout += []string{"T15", "T15:04", "T15:04:05"}[min(colons, 2)]
	}
	if zoned {
		layout += "Z07:00"
	}
	return layout
}
