package sim

import (
	"bytes"
	"log/slog"
	"runtime"

	"github.com/miekg/dns"
)

// A HostOption sets a property of a new Host. An invalid one makes NewHost fail
// with an *Error.
type HostOption func(*hostConfig) error

type hostConfig struct {
	name     string
	seed     uint64
	virtual  bool
	log      *slog.Logger
	noDocker bool
	daemon   daemonConfig
	uplinks  []uplinkConfig

	realUplink bool

	resolv  string // /etc/resolv.conf
	wrapDNS func(dns.Handler) dns.Handler
}

// WithName sets the hostname, by default "docker".
func WithName(name string) HostOption {
	return func(c *hostConfig) error {
		if !validHostname(name) {
			return errorf("create host", name, ErrName, "invalid host name %q", name)
		}
		c.name = name
		return nil
	}
}

// WithSeed makes every random decision of the host repeatable: ids, names and MACs
// that are not derived from addresses, ports, initial sequence numbers, losses.
// What depends on the scheduling of goroutines still varies.
func WithSeed(seed uint64) HostOption {
	return func(c *hostConfig) error {
		c.seed = seed
		return nil
	}
}

// WithLogger sets where the life of containers and the packets that the firewall
// drops are logged, at level Debug, what its LOG rules say, at the level of the
// rule, and what goes wrong with the functions in containers, at level Error. By
// default and for nil that is slog.Default, which prints the errors.
func WithLogger(log *slog.Logger) HostOption {
	return func(c *hostConfig) error {
		if log == nil {
			log = slog.Default()
		}
		c.log = log
		return nil
	}
}

// WithoutDocker makes a plain machine: without networks, rules and forwarding, and
// with no containers. It is for the other machines of a LAN; with SetForwarding and
// several uplinks it is a router.
func WithoutDocker() HostOption {
	return func(c *hostConfig) error {
		c.noDocker = true
		return nil
	}
}

// WithVirtualTime has the host live in the time of the testing/synctest bubble
// that it is made in; without it NewHost fails there. All its use must be from
// inside the bubble, and it must be closed before the bubble ends.
func WithVirtualTime() HostOption {
	return func(c *hostConfig) error {
		c.virtual = true
		return nil
	}
}

// inBubble reports whether the caller runs in a testing/synctest bubble, which only
// the header of its stack trace tells: "goroutine 7 [running, synctest bubble 1]:".
func inBubble() bool {
	var b [100]byte
	header, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte("\n"))
	return bytes.Contains(header, []byte("synctest bubble"))
}
