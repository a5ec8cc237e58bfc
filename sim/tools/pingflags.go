package tools

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"drydock/sim/ping"
)

// pingFlags are the options of ping.
type pingFlags struct {
	family    int // 4, 6 or 0
	broadcast bool
	count     int
	stamps    bool
	flood     bool
	interval  time.Duration
	pathMTU   ping.PathMTU
	numeric   bool
	missing   bool
	quiet     bool
	size      int
	ttl       int
	deadline  time.Duration
	linger    time.Duration
}

const pingOptions = "46bc:Dfhi:M:nOqs:t:w:W:"

func (p *pingRun) defaults() {
	p.interval = -1
	p.size, p.ttl, p.linger = 56, 64, 10*time.Second
}

func (p *pingRun) parse(args []string) (hosts []string, err error) {
	hosts, complaint, err := getopt(args, pingOptions, p.set)
	if err != nil {
		return nil, err
	}
	if complaint != "" {
		p.printf("ping: %s\n", complaint)
		return nil, p.usage()
	}
	if p.interval < 0 {
		p.interval = time.Second
		if p.flood {
			p.interval = 0
		}
	}
	p.numeric = p.numeric || p.flood
	return hosts, nil
}

func (p *pingRun) usage() error {
	p.printf("\nUsage\n  ping [-46bDfnOq] [-c count] [-i interval] [-M do|dont|want] [-s size] [-t ttl] [-w deadline] [-W timeout] destination\n")
	return &ExitError{Code: 2}
}

func (p *pingRun) set(option byte, value string) (err error) {
	switch option {
	case '4', '6':
		family := int(option - '0')
		if p.family != 0 && p.family != family {
			return p.fail(2, "only one -4 or -6 option may be specified")
		}
		p.family = family
	case 'b':
		p.broadcast = true
	case 'c':
		var n int64
		n, err = p.integer(value, 1, math.MaxInt64)
		p.count = int(min(n, math.MaxInt))
	case 'D':
		p.stamps = true
	case 'f':
		p.flood = true
	case 'h':
		return p.usage()
	case 'i':
		p.interval, err = p.seconds(value, "bad timing interval")
	case 'M':
		return p.setPathMTU(value)
	case 'n':
		p.numeric = true
	case 'O':
		p.missing = true
	case 'q':
		p.quiet = true
	case 's':
		var n int64
		n, err = p.integer(value, 0, math.MaxInt32)
		p.size = int(n)
	case 't':
		var n int64
		n, err = p.integer(value, 0, 255)
		p.ttl = int(n)
	case 'w':
		var n int64
		n, err = p.integer(value, 0, math.MaxInt32)
		p.deadline = time.Duration(n) * time.Second
	case 'W':
		p.linger, err = p.seconds(value, "bad linger time")
	}
	return err
}

func (p *pingRun) setPathMTU(value string) error {
	for _, mode := range []ping.PathMTU{ping.PathMTUDo, ping.PathMTUDont, ping.PathMTUWant} {
		if value == mode.String() {
			p.pathMTU = mode
			return nil
		}
	}
	return p.fail(2, "invalid -M argument: %s", value)
}

// integer parses what strtol(3) does.
func (p *pingRun) integer(s string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, p.fail(1, "invalid argument: '%s': Numerical result out of range", s)
	case err != nil:
		return 0, p.fail(1, "invalid argument: '%s'", s)
	case n < least || n > most:
		return 0, p.fail(1, "invalid argument: '%s': out of range: %d <= value <= %d", s, least, most)
	}
	return n, nil
}

// seconds parses a time that ping counts in milliseconds. What iputils announces
// to become an error, garbage after the number, is one here.
func (p *pingRun) seconds(s, complaint string) (time.Duration, error) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, p.fail(2, "%s: %s: Numerical result out of range", complaint, s)
	case err != nil:
		return 0, p.fail(2, "option argument contains garbage: %s", s)
	case !(f >= 0 && f <= math.MaxInt32/1000): // NaN too
		return 0, p.fail(2, "%s: %s", complaint, s)
	}
	return time.Duration(f*1000) * time.Millisecond, nil
}

// config returns what Machine.Ping is called with. What is zero on the command line is
// negative there, where zero stands for the default.
func (p *pingRun) config(observe func(ping.Event)) *ping.Config {
	return &ping.Config{
		Count:     orNone(p.count),
		Interval:  orNone(p.interval),
		Size:      orNone(p.size),
		TTL:       p.ttl,
		Timeout:   orNone(p.linger),
		Deadline:  p.deadline,
		PathMTU:   p.pathMTU,
		Broadcast: p.broadcast,
		Observe:   observe,
	}
}

// orNone returns v, or -1 for 0.
func orNone[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}
