package dockerd

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// parseTime reads a time as clients send it: seconds since 1970, and after a point the
// nanoseconds. The error is dockerd's, an internal one. Nothing is the zero time.
func parseTime(text string) (time.Time, error) {
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
