package nat

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Time is -m time: the date, the time of day and the days at which the clock of the tables
// is, in UTC, which is the time zone of the kernel too. The zero values of Start, Stop,
// MonthDays and WeekDays are no conditions.
type Time struct {
	Start, Stop uint32 // seconds since 1970; Stop 0: none
	DayStart    uint32 // second of the day
	DayStop     uint32 // 86399, which is the end of the day, unless given
	MonthDays   uint32 // bit 1 to bit 31
	WeekDays    uint8  // bit 1, Monday, to bit 7
	KernelTZ    bool   // --kerneltz, which is UTC too
	Contiguous  bool   // a time across midnight is of the day on which it began
}

const (
	dayEnd       = 24*60*60 - 1
	allMonthDays = 0xfffffffe
	allWeekDays  = 0xfe
)

func (m Time) checked(setting) (Match, error) {
	if m.Stop == math.MaxInt32 {
		m.Stop = 0
	}
	if m.DayStop == 0 {
		m.DayStop = dayEnd
	}
	switch {
	case m.DayStart > dayEnd || m.DayStop > dayEnd, m.MonthDays&1 != 0 || m.WeekDays&1 != 0:
		return nil, ErrValue
	case m.Contiguous && m.DayStart < m.DayStop:
		return nil, ErrValue
	}
	if m.MonthDays == allMonthDays {
		m.MonthDays = 0
	}
	if m.WeekDays == allWeekDays {
		m.WeekDays = 0
	}
	return m, nil
}

func (m Time) String() string {
	var b strings.Builder
	b.WriteString("-m time")
	if m.DayStart != 0 || m.DayStop != dayEnd {
		fmt.Fprintf(&b, " --timestart %s --timestop %s", clockText(m.DayStart), clockText(m.DayStop))
	}
	if m.MonthDays != 0 {
		b.WriteString(" --monthdays " + m.MonthDayText(func(int) string { return "" }))
	}
	if m.WeekDays != 0 {
		b.WriteString(" --weekdays " + m.WeekDayText())
	}
	if m.Start != 0 {
		b.WriteString(" --datestart " + dateText(m.Start))
	}
	if m.Stop != 0 {
		b.WriteString(" --datestop " + dateText(m.Stop))
	} else { // the end of time, which iptables-save prints and iptables -L does not
		b.WriteString(" --datestop " + dateText(math.MaxInt32))
	}
	if m.KernelTZ {
		b.WriteString(" --kerneltz")
	}
	if m.Contiguous {
		b.WriteString(" --contiguous")
	}
	return b.String()
}

func clockText(s uint32) string { return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60) }

func dateText(s uint32) string { return time.Unix(int64(s), 0).UTC().Format("2006-01-02T15:04:05") }

// MonthDayText returns "1,15", each day with an ending.
func (m Time) MonthDayText(ending func(day int) string) string {
	var days []string
	for i := 1; i <= 31; i++ {
		if m.MonthDays>>i&1 != 0 {
			days = append(days, fmt.Sprint(i)+ending(i))
		}
	}
	return strings.Join(days, ",")
}

// WeekDayText returns "Mon,Tue".
func (m Time) WeekDayText() string {
	var days []string
	for i, day := range []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} {
		if m.WeekDays>>(i+1)&1 != 0 {
			days = append(days, day)
		}
	}
	return strings.Join(days, ",")
}

func (m Time) compile(*asking) matcher { return m }

func (m Time) match(p *packet) bool {
	now := p.host.clock.Now().UTC()
	stamp := now.Unix()
	if stamp < int64(m.Start) || m.Stop != 0 && stamp > int64(m.Stop) {
		return false
	}
	second := uint32(now.Hour()*3600 + now.Minute()*60 + now.Second())
	if m.DayStart < m.DayStop {
		if second < m.DayStart || second > m.DayStop {
			return false
		}
	} else {
		if second < m.DayStart && second > m.DayStop {
			return false
		}
		if m.Contiguous && second <= m.DayStop {
			now = now.AddDate(0, 0, -1)
		}
	}
	week := (int(now.Weekday())+6)%7 + 1
	return (m.WeekDays == 0 || m.WeekDays>>week&1 != 0) && (m.MonthDays == 0 || m.MonthDays>>now.Day()&1 != 0)
}
