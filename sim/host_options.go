package sim

import "github.com/miekg/dns"

// A HostOption sets a property of a new Host. An invalid one makes NewHost fail with an
// *Error.
type HostOption interface{ applyHost(*hostConfig) error }

type hostOption func(*hostConfig) error

func (o hostOption) applyHost(c *hostConfig) error { return o(c) }

// A hostConfig is what the options say.
type hostConfig struct {
	machineConfig
	daemon  daemonConfig
	wrapDNS func(dns.Handler) dns.Handler
	images  []Image
}

// WithResolver wraps the embedded resolver of each container, to watch it or to make
// it fail: see dnsd.Faults.
func WithResolver(wrap func(dns.Handler) dns.Handler) HostOption {
	return hostOption(func(c *hostConfig) error {
		c.wrapDNS = wrap
		return nil
	})
}
