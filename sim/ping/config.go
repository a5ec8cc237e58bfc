// Package ping has what pings of emulated machines are made with and what they report:
// the types of Ping, a method of whatever has a network in package sim. They follow
// ping(8) of iputils 20221126, whose options stand in parentheses.
//
//	stats, err := cli.Ping(ctx, "web", &ping.Config{Count: 4})
//
// The package sends nothing itself. It imports no other one of this module, so that what
// runs pings, what prints them and what tests them share one set of types.
package ping

import (
	"fmt"
	"net/netip"
	"time"
)

// A Config says what a ping sends and when it ends. The zero Config, or a nil pointer to
// one, sends one request with 56 bytes of data and waits up to 10 seconds for its reply.
// Ping does not keep or change a Config: many pings may use one at once.
type Config struct {
	// Count is how many requests to send, and after how many replies and errors to end
	// (-c). 0 means 1. If it is negative, the ping runs until its context or Deadline
	// ends.
	Count int

	// Interval is the time between requests (-i). 0 means a second. If it is negative,
	// each reply makes for the next request, and without replies there are 100 per
	// second (-f).
	Interval time.Duration

	// Size is how many bytes of data a request has (-s). 0 means 56, and a negative
	// one that there are none. What does not fit into an IP packet (65507 bytes fit,
	// with IPv6 65527) fails with EMSGSIZE as it is sent.
	Size int

	// TTL is the TTL or hop limit of requests, up to 255 (-t). 0 means 64.
	TTL int

	// Timeout is how long to wait for a first reply after the last request has been
	// sent (-W). 0 means 10 seconds, and a negative one that there is no limit. If
	// there have been replies, the ping waits for twice the longest round trip
	// instead, or for Interval if that is longer.
	Timeout time.Duration

	// Deadline ends the ping after that time in any case, and at the first error (-w).
	// Until then it sends on to get as many replies as Count. 0 means none.
	Deadline time.Duration

	// PathMTU says whether requests may be fragmented (-M). The default is
	// PathMTUWant; for broadcast and multicast that means PathMTUDo.
	PathMTU PathMTU

	// Broadcast allows a broadcast address as destination (-b), which otherwise fails
	// with EACCES. As by default on Linux, nobody answers.
	Broadcast bool

	// Interface is the name of the one that requests leave by (-I). Empty is any.
	Interface string

	// Source is the address that requests are from (-I): one of the machine's. The zero
	// Addr is that of the way to the destination.
	Source netip.Addr

	// Preload is how many requests may be under way before there is a reply: they are sent
	// at once (-l). 0 means 1.
	Preload int

	// Pattern is what the data of requests is filled with, over and over (-p). Empty is
	// bytes that count up.
	Pattern string

	// Adaptive has each reply make for the next request once the round trip is known to be
	// short, and Interval be as long as that otherwise (-A).
	Adaptive bool

	// Network is which addresses of the host to use: "ip4" (-4), "ip6" (-6) or "ip",
	// which is both and the default.
	Network string

	// Observe, if it is not nil, is told what happens, in order and one by one, from
	// the goroutine that called Ping. Ping waits for it to return.
	Observe func(Event)
}

// Defaults of ping(8).
const (
	defaultSize    = 56 // 64 bytes of ICMP
	defaultTTL     = 64 // net.ipv4.ip_default_ttl
	defaultTimeout = 10 * time.Second
)

// Effective returns a copy of c with the defaults in place of zero values. c may be nil.
// The error is a *ConfigError. The Config that a ping uses is the effective one, and it
// is the effective one of itself.
func (c *Config) Effective() (Config, error) {
	if c == nil {
		c = new(Config)
	}
	e := *c
	setDefault(&e.Count, 1)
	setDefault(&e.Interval, time.Second)
	setDefault(&e.Size, defaultSize)
	setDefault(&e.TTL, defaultTTL)
	setDefault(&e.Timeout, defaultTimeout)
	setDefault(&e.Preload, 1)
	setDefault(&e.Network, "ip")
	if e.Observe == nil {
		e.Observe = func(Event) {}
	}
	return e, e.check()
}

func setDefault[T comparable](v *T, to T) {
	if *v == *new(T) {
		*v = to
	}
}

// check reports the first field of an effective c that is not valid.
func (c *Config) check() error {
	switch {
	case c.TTL < 0 || c.TTL > 255:
		return &ConfigError{"TTL", c.TTL, "1 to 255"}
	case c.Deadline < 0:
		return &ConfigError{"Deadline", c.Deadline, "0 or more"}
	case c.Preload < 1:
		return &ConfigError{"Preload", c.Preload, "1 or more"}
	case c.PathMTU < PathMTUWant || c.PathMTU > PathMTUDont:
		return &ConfigError{"PathMTU", c.PathMTU, "a constant"}
	}
	switch c.Network {
	case "ip", "ip4", "ip6":
		return nil
	}
	return &ConfigError{"Network", c.Network, "ip, ip4 or ip6"}
}

// A ConfigError is a Config that cannot be. Nothing has been sent.
type ConfigError struct {
	Field string // of Config
	Value any    // of the field
	Want  string // in words
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("ping: invalid config: %s %v: want %s", e.Field, e.Value, e.Want)
}

// A PathMTU says what becomes of requests that are larger than the MTU of the path: what
// Linux has as IP_MTU_DISCOVER.
type PathMTU int

const (
	// PathMTUWant, the default, lets requests be fragmented by their sender
	// alone: those that fit must arrive whole.
	PathMTUWant PathMTU = iota
	// PathMTUDo fragments nothing. What does not fit fails with EMSGSIZE.
	PathMTUDo
	// PathMTUDont lets requests be fragmented anywhere.
	PathMTUDont
)

// String returns the value as ping(8) has it: "want", "do" or "dont".
func (p PathMTU) String() string {
	switch p {
	case PathMTUWant:
		return "want"
	case PathMTUDo:
		return "do"
	case PathMTUDont:
		return "dont"
	}
	return fmt.Sprintf("PathMTU(%d)", int(p))
}
