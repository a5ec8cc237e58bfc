package veth

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A TextError says why a text of tc is refused, in tc's words.
type TextError struct {
	Message string // may be of several lines; "" asks for help
	Usage   string // the kind whose usage tc prints after it: "netem", "tbf", "codel", "fq_codel" or ""
}

func (e *TextError) Error() string {
	if e.Message == "" {
		return "help"
	}
	return e.Message
}

// Incomplete reports whether the text ended where a value must follow.
func (e *TextError) Incomplete() bool { return e.Message == incomplete }

const incomplete = `Command line is not complete. Try option "help"`

func refuse(format string, args ...any) error {
	return &TextError{Message: fmt.Sprintf(format, args...)}
}

func illegal(what string) error { return refuse("Illegal %q", what) }

// words are those of a text, read one by one.
type words []string

// next returns the next word, "" if there is none.
func (w *words) next() string {
	if len(*w) == 0 {
		return ""
	}
	word := (*w)[0]
	*w = (*w)[1:]
	return word
}

// value returns the word that must follow.
func (w *words) value() (string, error) {
	if len(*w) == 0 {
		return "", refuse(incomplete)
	}
	return w.next(), nil
}

// skip passes a word that tc prints, and does not read.
func (w *words) skip(word string) {
	if len(*w) > 0 && (*w)[0] == word {
		w.next()
	}
}

// digit reports whether the next word begins with a digit; signed, or with a minus.
func (w *words) digit(signed bool) bool {
	if len(*w) == 0 || (*w)[0] == "" {
		return false
	}
	c := (*w)[0][0]
	return c >= '0' && c <= '9' || signed && c == '-'
}

// means reports whether a word is a prefix of a name, which iproute2 takes for it.
func means(word, name string) bool { return word != "" && strings.HasPrefix(name, word) }

// number splits a word into the number that it begins with and the rest, as C's strtod.
func number(s string) (x float64, rest string, ok bool) {
	end := 0
	for i, c := range s {
		switch {
		case c >= '0' && c <= '9', c == '.', (c == '-' || c == '+') && (i == 0 || s[i-1] == 'e' || s[i-1] == 'E'):
			end = i + 1
			continue
		case (c == 'e' || c == 'E') && i > 0:
			continue
		}
		break
	}
	for ; end > 0; end-- {
		if x, err := strconv.ParseFloat(s[:end], 64); err == nil {
			return x, s[end:], true
		}
	}
	return 0, s, false
}

func parsePercent(s string) (float64, bool) {
	x, rest, _ := number(s)
	x /= 100
	return x, x >= 0 && x <= 1 && (rest == "" || rest == "%")
}

// parseTime reads microseconds without a unit, like tc. It rounds down to nanoseconds, of
// which iproute2 6.1 knows none here.
func parseTime(s string) (time.Duration, bool) {
	x, rest, ok := number(s)
	unit := map[string]float64{
		"s": 1e9, "sec": 1e9, "secs": 1e9, "ms": 1e6, "msec": 1e6, "msecs": 1e6,
		"": 1e3, "us": 1e3, "usec": 1e3, "usecs": 1e3, "ns": 1, "nsec": 1, "nsecs": 1,
	}[strings.ToLower(rest)]
	x *= unit
	if x = math.Nextafter(x, math.Inf(1)); !ok || unit == 0 || x < 0 || x >= 1<<62 {
		return 0, false
	}
	return time.Duration(x), true
}

// parseRate reads bit/s; "bps" are bytes. The kernel counts bytes.
func parseRate(s string) (int64, bool) {
	x, rest, ok := number(s)
	rest = strings.ToLower(rest)
	scale := map[string]float64{
		"": 1, "bit": 1, "kibit": 1 << 10, "kbit": 1e3, "mibit": 1 << 20, "mbit": 1e6, "gibit": 1 << 30, "gbit": 1e9,
		"tibit": 1 << 40, "tbit": 1e12, "bps": 8, "kibps": 8 << 10, "kbps": 8e3, "mibps": 8 << 20, "mbps": 8e6,
		"gibps": 8 << 30, "gbps": 8e9, "tibps": 8 << 40, "tbps": 8e12,
	}[rest]
	x *= scale
	if !ok || scale == 0 || x < 0 || x >= 1<<62 {
		return 0, false
	}
	return int64(x/8) * 8, true
}

// parseSize reads bytes.
func parseSize(s string) (int, bool) {
	x, rest, ok := number(s)
	scale := map[string]float64{
		"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30,
		"kbit": 128, "mbit": 128 << 10, "gbit": 128 << 20,
	}[strings.ToLower(rest)]
	x *= scale
	if !ok || scale == 0 || x < 0 || x > math.MaxInt32 {
		return 0, false
	}
	return int(x), true
}

// parseInt reads a C integer, of 32 bits.
func parseInt(s string) (int, bool) {
	n, err := strconv.ParseInt(s, 0, 64)
	return int(n), err == nil && n >= math.MinInt32 && n <= math.MaxInt32 && !strings.Contains(s, "_")
}

func parseUint(s string) (int, bool) {
	n, ok := parseInt(s)
	return n, ok && n >= 0
}

// read reads a value that must follow, and refuses it in the given words.
func read[T any](w *words, to *T, parse func(string) (T, bool), refusal func(word string) error) error {
	word, err := w.value()
	if err != nil {
		return err
	}
	value, ok := parse(word)
	if !ok {
		return refusal(word)
	}
	*to = value
	return nil
}

// calls returns the refusal that names what is illegal.
func calls(what string) func(string) error { return func(string) error { return illegal(what) } }
