package inetutils

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/bsdping"
)

var style = &bsdping.Style{
	Unknown:   func(string) string { return "unknown host" },
	Unsent:    "sending packet",
	Seq:       "icmp_seq=",
	Canonical: true,
	ICMP:      true,
	Summary:   summary,
}

// Ping is inetutils' ping.
func Ping(ctx context.Context, c *command.Call) int { return run(ctx, c, "ip4") }

// Ping6 is Ping for IPv6.
func Ping6(ctx context.Context, c *command.Call) int { return run(ctx, c, "ip6") }

// exUsage is argp's status for a wrong command line.
const exUsage = 64

// newRequest has the defaults.
func newRequest(network string) *bsdping.Request {
	return &bsdping.Request{Network: network, Size: 56, Interval: time.Second, Linger: 10 * time.Second}
}

func run(ctx context.Context, c *command.Call, network string) int {
	r := newRequest(network)
	hosts, err := command.Getopt(c.Args[1:], options(r))
	var unknown *command.OptionError
	if errors.As(err, &unknown) || err == nil && len(hosts) == 0 {
		if err == nil {
			err = errors.New("missing host operand")
		}
		return c.Fail(exUsage, "%s: %v\nTry '%[1]s --help' or '%[1]s --usage' for more information.\n", c.Args[0], err)
	}
	if err != nil {
		return c.Fail(1, "%s: %v\n", c.Args[0], err)
	}
	status := 0
	for _, r.Host = range hosts {
		if status = bsdping.Run(ctx, c, style, r); ctx.Err() != nil {
			break
		}
	}
	return status
}

func options(r *bsdping.Request) []command.Option {
	number := func(names string, most uint64, set func(n int)) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, v string) error {
			n, err := number(v, most)
			set(n)
			return err
		}}
	}
	flag := func(names string, p *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *p = true; return nil }}
	}
	return []command.Option{
		number("c count", math.MaxInt32, func(n int) { r.Count = n }),
		number("s size", 65507, func(n int) { r.Size = n }),
		number("ttl", 255, func(n int) { r.TTL = n }),
		number("w timeout", math.MaxInt32, func(n int) { r.Deadline = time.Duration(n) * time.Second }),
		number("W linger", math.MaxInt32, func(n int) { r.Linger = time.Duration(n) * time.Second }),
		flag("n numeric", &r.Numeric), flag("q quiet", &r.Quiet),
		{Names: "i interval", Value: true, Set: func(_, v string) error {
			seconds, err := strconv.ParseFloat(v, 64)
			if err != nil || !(seconds >= 0 && seconds < math.MaxInt32) {
				return fmt.Errorf("invalid value (`%s' near `%[1]s')", v)
			}
			r.Interval = time.Duration(seconds * float64(time.Second))
			return nil
		}},
	}
}

// number parses what ping_cvt_number does: a number as strtoul(3) reads it.
func number(s string, most uint64) (int, error) {
	digits := strings.TrimLeft(s, " \t")
	n, err := strconv.ParseUint(digits, 0, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid value (`%s' near `%s')", s, strings.TrimLeft(digits, "0123456789"))
	case n > most:
		return 0, fmt.Errorf("option value too big: %s", s)
	}
	return int(n), nil
}

func summary(s *bsdping.Sum) string {
	text := fmt.Sprintf("--- %s ping statistics ---\n%d packets transmitted, %d packets received, ", s.Host, s.Sent, s.Received)
	if s.Duplicates > 0 {
		text += fmt.Sprintf("+%d duplicates, ", s.Duplicates)
	}
	if s.Sent > 0 {
		text += fmt.Sprintf("%d%% packet loss", s.Loss())
	}
	text += "\n"
	if least, mean, largest, variance, ok := s.Times(); ok {
		text += fmt.Sprintf("round-trip min/avg/max/stddev = %.3f/%.3f/%.3f/%.3f ms\n",
			least, mean, largest, bsdping.Deviation(variance))
	}
	return text
}
