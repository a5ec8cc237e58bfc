package busybox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/bsdping"
)

var pingStyle = &bsdping.Style{
	Unknown: func(host string) string { return "bad address '" + host + "'" },
	Unsent:  "sendto",
	Seq:     "seq=",
	Summary: pingSummary,
}

const pingUsage = `ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-4,-6		Force IP or IPv6 name resolution
	-c CNT		Send only CNT pings
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-A		Ping as soon as reply is received
	-t TTL		Set TTL
	-W SEC		Seconds to wait for the first response (default 10)
			(after all -c CNT packets are sent)
	-w SEC		Seconds until ping exits (default:infinite)
			(can exit earlier with -c CNT)
	-q		Quiet, only display output at start/finish
`

// Ping is the applet ping.
func Ping(ctx context.Context, c *command.Call) int { return runPing(ctx, c, "ip") }

// Ping6 is the applet ping6.
func Ping6(ctx context.Context, c *command.Call) int { return runPing(ctx, c, "ip6") }

func runPing(ctx context.Context, c *command.Call, network string) int {
	r := &bsdping.Request{Network: network, Size: 56, Interval: time.Second, Linger: 10 * time.Second}
	hosts, err := command.Getopt(c.Args[1:], pingOptions(r))
	var unknown *command.OptionError
	switch {
	case errors.As(err, &unknown) || err == nil && len(hosts) != 1:
		return misused(c, err, pingUsage)
	case err != nil:
		return c.Fail(1, "%s: %v\n", c.Args[0], err)
	}
	r.Host = hosts[0]
	return bsdping.Run(ctx, c, pingStyle, r)
}

func pingOptions(r *bsdping.Request) []command.Option {
	seconds := func(name string, p *time.Duration) command.Option {
		return number(name, math.MaxInt32, func(n int) { *p = time.Duration(n) * time.Second })
	}
	return []command.Option{
		{Names: "4", Set: func(string, string) error { r.Network = "ip4"; return nil }},
		{Names: "6", Set: func(string, string) error { r.Network = "ip6"; return nil }},
		{Names: "q", Set: func(string, string) error { r.Quiet = true; return nil }},
		{Names: "A", Set: func(string, string) error { r.Interval = 0; return nil }},
		number("c", math.MaxInt32, func(n int) { r.Count = n }),
		number("s", math.MaxUint16, func(n int) { r.Size = n }),
		number("t", 255, func(n int) { r.TTL = n }),
		seconds("w", &r.Deadline), seconds("W", &r.Linger),
		{Names: "i", Value: true, Set: func(_, v string) error {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil || !(f >= 0 && f < math.MaxInt32) {
				return fmt.Errorf("invalid number '%s'", v)
			}
			r.Interval = time.Duration(f * float64(time.Second))
			return nil
		}},
	}
}

// number is an option with a number, as xatoi_positive reads it.
func number(name string, most uint64, set func(n int)) command.Option {
	return command.Option{Names: name, Value: true, Set: func(_, v string) error {
		n, err := strconv.ParseUint(v, 10, 63)
		switch {
		case err != nil:
			return fmt.Errorf("invalid number '%s'", v)
		case n > most:
			return fmt.Errorf("number %s is not in 0..%d range", v, most)
		}
		set(int(n))
		return nil
	}}
}

// pingSummary cuts times off after three digits.
func pingSummary(s *bsdping.Sum) string {
	text := fmt.Sprintf("\n--- %s ping statistics ---\n%d packets transmitted, %d packets received, ", s.Host, s.Sent, s.Received)
	if s.Duplicates > 0 {
		text += fmt.Sprintf("%d duplicates, ", s.Duplicates)
	}
	text += fmt.Sprintf("%d%% packet loss\n", s.Loss())
	if least, mean, largest, _, ok := s.Times(); ok {
		mean = math.Floor(mean*1000+1e-6) / 1000 // 0.105*1000 is less than 105
		text += fmt.Sprintf("round-trip min/avg/max = %.3f/%.3f/%.3f ms\n", least, mean, largest)
	}
	return text
}
