package iptables

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "time", begin: beginTime}, listTime)

// beginTime reads
//
//	--datestart, --datestop YYYY[-MM[-DD[Thh[:mm[:ss]]]]]
//	--timestart, --timestop hh:mm[:ss]
//	[!] --monthdays DAY,…                      1 to 31
//	[!] --weekdays DAY,…                       1 to 7, or Mon, Tue …
//	--kerneltz, --contiguous
//
// by the clock of the tables, in UTC.
func beginTime(*scope) *extension {
	m := nat.Time{DayStop: 24*60*60 - 1}
	e := &extension{name: "time", match: func() nat.Match { return m }}
	date := func(name string, into *uint32) option {
		return textOption(name, func(value string, _ bool) (err error) {
			*into, err = parseDate(value)
			return err
		})
	}
	clock := func(name string, into *uint32) option {
		return textOption(name, func(value string, _ bool) (err error) {
			*into, err = parseClock(value)
			return err
		})
	}
	e.options = []option{
		date("datestart", &m.Start), date("datestop", &m.Stop), clock("timestart", &m.DayStart), clock("timestop", &m.DayStop),
		flagOption("contiguous", &m.Contiguous),
		textOption("weekdays", func(value string, not bool) error {
			days, err := parseWeekDays(value)
			if m.WeekDays = uint8(days); not {
				m.WeekDays = ^m.WeekDays & 0xfe
			}
			return err
		}).inverted(),
		textOption("monthdays", func(value string, not bool) (err error) {
			if m.MonthDays, err = parseMonthDays(value); not {
				m.MonthDays = ^m.MonthDays &^ 1
			}
			return err
		}).inverted(),
		flagOption("utc", new(bool)), flagOption("kerneltz", &m.KernelTZ),
	}
	e.check = func() error {
		switch {
		case m.Contiguous && m.DayStart < m.DayStop:
			return wrong("time: --contiguous only makes sense when stoptime is smaller than starttime")
		case e.seen[7] > 0 && m.KernelTZ:
			return wrong("time: option \"--kerneltz\" cannot be used together with \"--utc\".\n")
		}
		return nil
	}
	return e
}

// parseDate reads as much of a date as there is.
func parseDate(s string) (uint32, error) {
	bad := wrong("Invalid date \"%s\" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]", s)
	fields := []int{1970, 1, 1, 0, 0, 0}
	most := []int{2038, 12, 31, 23, 59, 59}
	rest := s
	for i, sep := range []string{"-", "-", "T", ":", ":", ""} {
		number, after, more := rest, "", false
		if sep != "" {
			number, after, more = strings.Cut(rest, sep)
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || n > most[i] || i == 0 && n < 1970 {
			return 0, bad
		}
		fields[i] = n
		if rest = after; !more {
			break
		}
	}
	t := time.Date(fields[0], time.Month(fields[1]), fields[2], fields[3], fields[4], fields[5], 0, time.UTC)
	if t.Unix() < 0 {
		return 0, bad
	}
	return uint32(t.Unix()), nil
}

// parseClock reads "8:30" or "08:30:00".
func parseClock(s string) (uint32, error) {
	parts := strings.Split(s, ":")
	seconds := uint32(0)
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(parts) < 2 || len(parts) > 3 || n > 59 || i == 0 && n > 23 {
			return 0, wrong("invalid time \"%s\" specified, should be hh:mm[:ss] format and within the boundaries", s)
		}
		seconds += uint32(n) * [...]uint32{3600, 60, 1}[i]
	}
	return seconds, nil
}

func parseMonthDays(list string) (days uint32, err error) {
	for day := range strings.SplitSeq(list, ",") {
		n, ok := parseUint(day, 31)
		if !ok {
			return 0, wrong("%s is not a valid day for --monthdays", day)
		}
		days |= 1 << n
	}
	return days &^ 1, nil
}

// parseWeekDays reads numbers or names, of which two letters count.
func parseWeekDays(list string) (days uint32, err error) {
	for day := range strings.SplitSeq(list, ",") {
		if n, ok := parseUint(day, 7); ok {
			if n == 0 {
				return 0, wrong("No, the week does NOT begin with Sunday.")
			}
			days |= 1 << n
			continue
		}
		at := -1
		if len(day) >= 2 {
			at = strings.Index("MoTuWeThFrSaSu", day[:2])
		}
		if at < 0 || at%2 != 0 {
			return 0, wrong("%s is not a valid day specifier", day)
		}
		days |= 1 << (at/2 + 1)
	}
	return days, nil
}

func listTime(m nat.Time, _ column) string {
	var b strings.Builder
	b.WriteString("TIME")
	clock := func(s uint32) string { return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60) }
	date := func(s uint32) string { return time.Unix(int64(s), 0).UTC().Format(time.DateTime) }
	if m.DayStart != 0 || m.DayStop != 24*60*60-1 {
		fmt.Fprintf(&b, " from %s to %s", clock(m.DayStart), clock(m.DayStop))
	}
	if m.WeekDays != 0 {
		b.WriteString(" on " + m.WeekDayText())
	}
	if m.MonthDays != 0 {
		b.WriteString(" on " + m.MonthDayText(func(day int) string {
			if day%10 < 4 && day%10 > 0 { // 11st too, as libxt_time has it
				return [...]string{"st", "nd", "rd"}[day%10-1]
			}
			return "th"
		}))
	}
	if m.Start != 0 {
		b.WriteString(" starting from " + date(m.Start))
	}
	if m.Stop != 0 {
		b.WriteString(" until date " + date(m.Stop))
	}
	if !m.KernelTZ {
		b.WriteString(" UTC")
	}
	if m.Contiguous {
		b.WriteString(" contiguous")
	}
	return b.String()
}
