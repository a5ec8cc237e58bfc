package coreutils

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Date is date(1). Local time is UTC.
func Date(_ context.Context, c *command.Call) int {
	var utc, mail, iso bool
	when := "now"
	args, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("u utc universal", &utc), gnu.Text("d date", &when), gnu.Flag("R rfc-email", &mail), gnu.Flag("I", &iso),
	})
	switch {
	case err != nil:
	case len(args) > 1:
		err = gnu.Extra(args[1])
	case len(args) == 1 && !strings.HasPrefix(args[0], "+"):
		return c.Fail(1, "date: cannot set date: Operation not permitted\n")
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	t, ok := parseDate(when, time.Now().UTC())
	if !ok {
		return c.Fail(1, "date: invalid date '%s'\n", when)
	}
	format := "%a %b %e %H:%M:%S UTC %Y" // of the locale C
	switch {
	case len(args) == 1:
		format = args[0][1:]
	case mail:
		format = "%a, %d %b %Y %H:%M:%S %z"
	case iso:
		format = "%Y-%m-%d"
	}
	c.Printf("%s\n", formatDate(format, t))
	return 0
}

// units are those of "2 days ago".
var units = map[string]func(t time.Time, n int) time.Time{
	"second": func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Second) },
	"sec":    func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Second) },
	"minute": func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Minute) },
	"min":    func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Minute) },
	"hour":   func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * time.Hour) },
	"day":    func(t time.Time, n int) time.Time { return t.AddDate(0, 0, n) },
	"week":   func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) },
	"month":  func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) },
	"year":   func(t time.Time, n int) time.Time { return t.AddDate(n, 0, 0) },
}

// layouts are the dates that -d takes.
var layouts = []string{
	"2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02",
	time.RFC1123Z, time.RFC1123, time.UnixDate, time.ANSIC, "02 Jan 2006", "Jan 2, 2006",
}

// parseDate parses what -d takes: now, yesterday, @SECONDS, a date, "3 days ago", "+1 hour".
func parseDate(text string, now time.Time) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		f, err := strconv.ParseFloat(seconds, 64)
		// Beyond, years would have more digits than package time formats.
		if err != nil || f > 1e11 || f < -1e11 {
			return now, false
		}
		return time.Unix(int64(f), 0).UTC(), true
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, strings.TrimSuffix(text, " UTC")); err == nil {
			return t.UTC(), true
		}
	}
	if t, err := time.Parse("15:04", text); err == nil {
		return time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC), true
	}
	switch text {
	case "", "now", "today":
		return now, true
	case "yesterday":
		return now.AddDate(0, 0, -1), true
	case "tomorrow":
		return now.AddDate(0, 0, 1), true
	}
	return relative(strings.Fields(text), now)
}

// relative is "3 days ago" and "+1 hour".
func relative(words []string, t time.Time) (time.Time, bool) {
	if len(words) < 2 || len(words) > 3 || len(words) == 3 && words[2] != "ago" {
		return t, false
	}
	n, err := strconv.Atoi(words[0])
	move, ok := units[strings.TrimSuffix(words[1], "s")]
	// The bound keeps the multiplication by a unit from overflowing.
	if err != nil || !ok || n > 1e6 || n < -1e6 {
		return t, false
	}
	if len(words) == 3 {
		n = -n
	}
	return move(t, n), true
}

// formatDate is strftime(3) in the locale C, with the flags - _ and 0 of glibc before a letter.
func formatDate(format string, t time.Time) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		start := i
		i++
		var flag byte
		if strings.IndexByte("-_0^", format[i]) >= 0 && i+1 < len(format) {
			flag = format[i]
			i++
		}
		text, ok := dateField(format[i], t)
		switch {
		case !ok:
			text = format[start : i+1]
		case flag == '-':
			text = trimPadding(text)
		// glibc pads with blanks what it pads with zeros otherwise.
		case flag == '_':
			text = fmt.Sprintf("%*s", len(text), trimPadding(text))
		case flag == '^':
			text = strings.ToUpper(text)
		}
		b.WriteString(text)
	}
	return b.String()
}

// trimPadding removes zeros and blanks before a number.
func trimPadding(text string) string {
	if short := strings.TrimLeft(text, "0 "); short != "" {
		return short
	}
	return text[len(text)-1:]
}

// dateLayouts are the fields that package time knows.
var dateLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan", 'd': "02", 'e': "_2", 'D': "01/02/06", 'F': "2006-01-02",
	'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 'T': "15:04:05",
	'y': "06", 'Y': "2006", 'z': "-0700", 'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05",
}

func dateField(letter byte, t time.Time) (string, bool) {
	if layout, ok := dateLayouts[letter]; ok {
		return t.Format(layout), true
	}
	year, week := t.ISOWeek()
	switch letter {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'N':
		return fmt.Sprintf("%09d", t.Nanosecond()), true
	case 'Z':
		return "UTC", true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1), true
	case 'w':
		return strconv.Itoa(int(t.Weekday())), true
	case 'V':
		return fmt.Sprintf("%02d", week), true
	case 'G':
		return strconv.Itoa(year), true
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100), true
	}
	return "", false
}
