package traceroute

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"drydock/sim/ping"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A machine is one that may send probes.
type machine interface {
	Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error)
}

// A trace is one run of traceroute.
type trace struct {
	*command.Call
	options
	ctx context.Context
	m   machine
	dst netip.Addr
}

// Traceroute is traceroute(1).
func Traceroute(ctx context.Context, c *command.Call) int { return run(ctx, c, newOptions()) }

// Traceroute6 is traceroute for IPv6.
func Traceroute6(ctx context.Context, c *command.Call) int {
	o := newOptions()
	o.family = 6
	return run(ctx, c, o)
}

const headers4, headers6 = 20 + 8, 40 + 8

func run(ctx context.Context, c *command.Call, o options) int {
	t := &trace{Call: c, options: o, ctx: ctx}
	err := t.parse(c.Args[1:])
	switch {
	case err != nil:
		return c.Fail(2, "%v\n", err)
	case t.version:
		c.Printf("Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n")
		return 0
	case t.help || t.host == "":
		c.Printf(usage)
		return 0
	}
	var ok bool
	if t.m, ok = c.Machine.(machine); !ok {
		return c.Fail(1, "socket: Operation not permitted\n")
	}
	if err := t.resolve(); err != nil {
		return c.Fail(2, "%s: %s\nCannot handle \"host\" cmdline arg `%[1]s' on position 1 (argc %[3]d)\n",
			t.host, inet.GAIError(err), position(c.Args[1:], t.host))
	}
	size, least := 60, headers4
	if t.dst.Is6() {
		size, least = 80, headers6
	}
	if t.size > 0 {
		size = max(t.size, least)
	}
	c.Printf("traceroute to %s (%s), %d hops max, %d byte packets\n", t.host, t.dst, t.hops, size)
	return t.walk(size - least)
}

func (t *trace) resolve() error {
	network := "ip"
	if t.family != 0 {
		network += strconv.Itoa(t.family)
	}
	addrs, err := inet.GetAddrInfo(t.ctx, t.Machine, network, t.host)
	if err == nil {
		t.dst = addrs[0]
	}
	return err
}

// A result is what came of a probe. A probe without from was not answered.
type result struct {
	from  netip.Addr
	rtt   time.Duration
	note  string // "!H"
	final bool   // nothing is behind
	err   error  // it could not be sent
}

// window is how many probes are on their way at a time.
const window = 16

// walk sends probes and prints what comes of them, hop by hop.
func (t *trace) walk(data int) int {
	ctx, cancel := context.WithCancel(t.ctx)
	count := (t.hops - t.first + 1) * t.queries
	results := make([]chan result, count)
	free := make(chan struct{}, window)
	started := make(chan struct{}, count)
	for i := range results {
		results[i] = make(chan result, 1)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		running := 0
		for i := range results {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				break
			}
			running++
			go func() {
				results[i] <- t.probe(ctx, t.first+i/t.queries, data)
				<-free
				started <- struct{}{}
			}()
		}
		for range running {
			<-started
		}
	}()
	status := t.report(results)
	cancel()
	<-done
	return status
}

// report prints results in the order of the probes.
func (t *trace) report(results []chan result) int {
	for i := 0; i < len(results); i += t.queries {
		var last netip.Addr
		final := false
		for n, r := range results[i : i+t.queries] {
			var got result
			select {
			case got = <-r:
			case <-t.ctx.Done():
				return command.Interrupted(t.ctx)
			}
			var errno syscall.Errno
			switch {
			case errors.Is(got.err, net.ErrClosed):
				return command.Killed
			case errors.As(got.err, &errno):
				return t.Fail(1, "connect: %s\n", inet.Strerror(errno))
			}
			if n == 0 {
				t.Printf("%2d ", t.first+i/t.queries)
			}
			if !got.from.IsValid() {
				t.Printf(" *")
				continue
			}
			if got.from != last {
				last = got.from
				t.Printf(" %s", t.name(last))
			}
			t.Printf("  %.3f ms%s", float64(got.rtt.Nanoseconds())/1e6, got.note)
			final = final || got.final
		}
		t.Printf("\n")
		if final {
			break
		}
	}
	return 0
}

// name returns an address with its name, if names are wanted.
func (t *trace) name(a netip.Addr) string {
	a = a.WithZone("")
	if t.numeric {
		return a.String()
	}
	name := a.String()
	if names := inet.Names(t.ctx, t.Machine, a); len(names) > 0 {
		name = names[0]
	}
	return fmt.Sprintf("%s (%s)", name, a)
}

// probe sends one probe.
func (t *trace) probe(ctx context.Context, ttl, data int) (r result) {
	if data == 0 {
		data = -1 // none
	}
	start := time.Now()
	cfg := &ping.Config{Count: 1, TTL: ttl, Timeout: t.wait, Deadline: t.wait, Size: data, Observe: func(e ping.Event) {
		var icmp *ping.ICMPError
		switch {
		case !e.From.IsValid() || r.from.IsValid():
		case e.Err == nil:
			r = result{from: e.From, rtt: e.RTT, final: true}
		case errors.As(e.Err, &icmp):
			r = result{from: e.From, rtt: time.Since(start)}
			r.note, r.final = meaning(icmp)
		}
	}}
	stats, err := t.m.Ping(ctx, t.dst.String(), cfg)
	if stats.Sent == 0 || errors.Is(err, net.ErrClosed) {
		r.err = err
	}
	return r
}

// meaning returns the mark for an ICMP error, and whether it ends the way.
func meaning(e *ping.ICMPError) (note string, final bool) {
	type kind struct {
		v6         bool
		kind, code uint8
	}
	switch (kind{e.From.Is6(), e.Type, e.Code}) {
	case kind{false, 11, 0}, kind{false, 11, 1}, kind{true, 3, 0}, kind{true, 3, 1}:
		return "", false
	case kind{false, 3, 3}, kind{true, 1, 4}:
		return "", true
	case kind{false, 3, 0}, kind{false, 3, 6}, kind{false, 3, 11}, kind{true, 1, 0}:
		return " !N", true
	case kind{false, 3, 1}, kind{false, 3, 7}, kind{false, 3, 12}, kind{true, 1, 3}:
		return " !H", true
	case kind{false, 3, 2}:
		return " !P", true
	case kind{false, 3, 4}:
		return fmt.Sprintf(" !F-%d", e.Info), true
	case kind{false, 3, 5}:
		return " !S", true
	case kind{false, 3, 9}, kind{false, 3, 10}, kind{false, 3, 13}, kind{true, 1, 1}:
		return " !X", true
	case kind{false, 3, 14}:
		return " !V", true
	case kind{false, 3, 15}:
		return " !C", true
	}
	return fmt.Sprintf(" !<%d-%d>", e.Type, e.Code), true
}
