package sim

import (
	"fmt"
	"time"

	"drydock/sim/internal/netstack"
)

// A PathMTU says what becomes of requests of Ping that are larger than the MTU of
// the path, like option -M of ping(8).
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

// A PingOption sets what Ping sends or when it ends. An invalid one makes Ping
// fail at once with an *Error that wraps ErrPingOption and has the option as Name.
type PingOption func(*pingConfig) error

type pingConfig struct {
	netstack.PingConfig
	network string // that the destination is looked up in
	observe func(PingEvent)
}

func defaultPing() pingConfig {
	return pingConfig{
		network: "ip",
		PingConfig: netstack.PingConfig{
			Count: 1, Interval: time.Second, Size: 56, TTL: 64, Linger: 10 * time.Second,
		},
	}
}

// pingOption is an option that sets something if its value is valid.
func pingOption(name string, value any, valid bool, want string, set func(*pingConfig)) PingOption {
	return func(c *pingConfig) error {
		if !valid {
			return errPing(name, value, want)
		}
		set(c)
		return nil
	}
}

func errPing(option string, value any, want string) error {
	return errorf("ping", option, ErrPingOption, "ping: invalid option: %s(%v): want %s", option, value, want)
}

// PingCount sets how many requests to send, and after how many replies and errors
// to end, by default 1. With 0 Ping runs until its context or deadline ends.
func PingCount(n int) PingOption {
	return pingOption("PingCount", n, n >= 0, "0 or more", func(c *pingConfig) { c.Count = n })
}

// PingInterval sets the time between requests, by default a second. With 0 each
// reply makes for the next request, and without replies there are 100 per second.
func PingInterval(d time.Duration) PingOption {
	return pingOption("PingInterval", d, d >= 0, "0 or more", func(c *pingConfig) { c.Interval = d })
}

// PingSize sets the bytes of data in a request, by default 56. What does not fit
// into an IP packet (65507 bytes fit, with IPv6 65527) fails with EMSGSIZE as it is
// sent.
func PingSize(bytes int) PingOption {
	return pingOption("PingSize", bytes, bytes >= 0, "0 or more", func(c *pingConfig) { c.Size = bytes })
}

// PingTTL sets the TTL or hop limit of requests, 1 to 255, by default 64.
func PingTTL(hops int) PingOption {
	return pingOption("PingTTL", hops, hops >= 1 && hops <= 255, "1 to 255", func(c *pingConfig) { c.TTL = uint8(hops) })
}

// PingTimeout sets how long to wait for a first reply after the last request has
// been sent, by default 10 seconds; with 0 there is no limit. If there have been
// replies, Ping waits for twice the longest round trip instead, or for the
// interval if that is longer. This is option -W of ping(8).
func PingTimeout(d time.Duration) PingOption {
	return pingOption("PingTimeout", d, d >= 0, "0 or more", func(c *pingConfig) { c.Linger = d })
}

// PingDeadline makes Ping end after that time in any case, and at the first error.
// Until then it sends on to get as many replies as the PingCount. This is option
// -w of ping(8).
func PingDeadline(d time.Duration) PingOption {
	return pingOption("PingDeadline", d, d > 0, "more than 0", func(c *pingConfig) { c.Deadline = d })
}

// PingPathMTU sets whether requests may be fragmented, by default PathMTUWant;
// for broadcast and multicast that means PathMTUDo.
func PingPathMTU(p PathMTU) PingOption {
	return func(c *pingConfig) error {
		switch p {
		case PathMTUWant:
			c.PathMTU = netstack.PathMTUWant
		case PathMTUDo:
			c.PathMTU = netstack.PathMTUDo
		case PathMTUDont:
			c.PathMTU = netstack.PathMTUDont
		default:
			return errPing("PingPathMTU", p, "a constant")
		}
		return nil
	}
}

// PingBroadcast allows a broadcast address as destination, which otherwise fails
// with EACCES. As by default on Linux, nobody answers.
func PingBroadcast() PingOption {
	return func(c *pingConfig) error {
		c.Broadcast = true
		return nil
	}
}

// PingNetwork sets which addresses of the host to use: "ip4", "ip6" or, by
// default, "ip", which is both.
func PingNetwork(network string) PingOption {
	return func(c *pingConfig) error {
		switch network {
		case "ip", "ip4", "ip6":
			c.network = network
			return nil
		}
		return errPing("PingNetwork", network, "ip, ip4 or ip6")
	}
}

// PingObserver makes Ping report to fn what happens, in order and one by one. Ping
// waits for fn to return.
func PingObserver(fn func(PingEvent)) PingOption {
	return func(c *pingConfig) error {
		c.observe = fn
		return nil
	}
}
