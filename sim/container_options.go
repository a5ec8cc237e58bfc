package sim

import (
	"net/netip"
	"strings"
	"unicode"

	"drydock/sim/internal/ports"
)

type containerConfig struct {
	image      Image
	hostname   string
	mode       string // what --network would be; "" is the default
	network    *Network
	joined     *Container // --network container:NAME
	attachment attachment
	links      []link
	exposed    []ports.Port        // --expose
	published  []ports.Publication // -p
	env        []string            // -e
	dns        []netip.Addr        // --dns
	dnsSearch  []string            // --dns-search
	dnsOptions []string            // --dns-option
	extraHosts []extraHost         // --add-host
	publishAll bool                // -P
}

// attachTo notes what the container is attached to, of which there can be one.
func (c *containerConfig) attachTo(network string) error {
	if c.mode != "" {
		return errorf("create container", network, ErrConflict, "Container cannot be connected to network endpoints: %s, %s", c.mode, network)
	}
	c.mode = network
	return nil
}

// ofNamespace returns which option, in Docker's words, is one for who has a namespace
// to himself.
func (c *containerConfig) ofNamespace() string {
	switch {
	case c.hostname != "":
		return "hostname and the"
	case c.publishAll || len(c.published) > 0:
		return "port publishing and the container type"
	case len(c.dns) > 0:
		return "dns and the"
	case len(c.extraHosts) > 0:
		return "custom host-to-IP mapping and the"
	case len(c.exposed) > 0:
		return "port exposing and the container type"
	}
	return ""
}

// onHost reports whether the container is to run in the host's namespace.
func (c *containerConfig) onHost() bool {
	return c.network != nil && c.network.name == hostNetwork
}

// ofNames reports whether an option is for /etc/hosts or /etc/resolv.conf.
func (c *containerConfig) ofNames() bool {
	return len(c.dns)+len(c.dnsSearch)+len(c.dnsOptions)+len(c.extraHosts) > 0
}

// A ContainerOption sets a property of a new container. An invalid one makes
// Create fail with an *Error or, of impairments, a *veth.Error.
type ContainerOption func(*Host, *containerConfig) error

// WithNetwork attaches the container to n instead of the network "bridge".
func WithNetwork(n *Network, opts ...AttachOption) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		if n == nil {
			return errorf("create container", "", ErrNotFound, "network not found: nil")
		}
		if n.host != h {
			return errorf("create container", n.name, ErrNotFound, "network %s not found", n.id)
		}
		if err := c.attachTo(n.name); err != nil {
			return err
		}
		c.network, c.attachment.network = n, n
		if err := c.attachment.apply("create container", opts); err != nil {
			return err
		}
		return c.attachment.checkRange("create container")
	}
}

// WithNoNetwork gives the container lo and nothing else: --network none.
func WithNoNetwork() ContainerOption { return predefined(noneNetwork) }

// WithHostNetwork runs the container in the namespace of the host: --network host.
func WithHostNetwork() ContainerOption { return predefined(hostNetwork) }

func predefined(name string) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		n, _ := h.Network(name)
		return WithNetwork(n)(h, c)
	}
}

// WithNetworkOf runs the container in the namespace of another one, which must be
// running whenever this one starts: --network container:NAME. When the other one
// stops this one is left with lo until it restarts. Ports are published and exposed
// by the other one.
func WithNetworkOf(other *Container) ContainerOption {
	return func(h *Host, c *containerConfig) error {
		if other == nil {
			return errNoContainer("create container", "nil")
		}
		if other.host != h {
			return errNoContainer("create container", other.Name())
		}
		if err := c.attachTo("container:" + other.Name()); err != nil {
			return err
		}
		c.joined = other
		return nil
	}
}

// maxHostname is Linux's __NEW_UTS_LEN.
const maxHostname = 64

func validHostname(name string) bool {
	return name != "" && len(name) <= maxHostname && !strings.ContainsFunc(name, unicode.IsSpace)
}

// WithHostname sets the hostname: 1 to 64 bytes without white space. By default it
// is the first 12 digits of the ID, with WithHostNetwork that of the host. With
// WithNetworkOf it is that of the other container and cannot be set.
func WithHostname(name string) ContainerOption {
	return func(_ *Host, c *containerConfig) error {
		if !validHostname(name) {
			return errorf("create container", name, ErrName, "sethostname: invalid argument: %q", name)
		}
		c.hostname = name
		return nil
	}
}
