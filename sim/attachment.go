package sim

import (
	"net/netip"

	"drydock/veth"
)

// An attachment is what is asked of a Link.
type attachment struct {
	network     *Network   // nil on a LAN
	addr, addr6 netip.Addr // invalid: the lowest free one
	aliases     []string
	links       []link
	impairments // at first
}

// The impairments of a cable, as seen from the container.
type impairments struct {
	send, receive veth.Impairment
}

func (i impairments) validate() error {
	if err := i.send.Validate(); err != nil {
		return err
	}
	return i.receive.Validate()
}

// An AttachOption sets a property of an attachment to a network.
type AttachOption func(*attachment) error

// apply sets the properties of an attachment, unless the network is of a kind that does
// not have them.
func (a *attachment) apply(op string, opts []AttachOption) error {
	for _, opt := range opts {
		if err := opt(a); err != nil {
			return err
		}
	}
	n := a.network
	for _, addr := range a.asked() {
		switch {
		case n.predefined():
			return errorf(op, n.name, ErrConflict, "user specified IP address is supported on user defined networks only")
		case !n.config.of(addr).given:
			return errorf(op, n.name, ErrConflict,
				"user specified IP address is supported only when connecting to networks with user configured subnets")
		}
	}
	return nil
}

// checkRange refuses addresses outside the network.
func (a *attachment) checkRange(op string) error {
	for _, addr := range a.asked() {
		if !a.network.config.of(addr).subnet.Contains(addr) {
			return errorf(op, a.network.name, ErrAddress, "Invalid address %v: It does not belong to any of this network's subnets", addr)
		}
	}
	return nil
}

// asked returns the addresses that are asked for.
func (a *attachment) asked() []netip.Addr { return valid(a.addr, a.addr6) }

// WithAddr asks for an address of the network, an IPv4 one, an IPv6 one or, given twice,
// both: --ip, --ip6. It must be in a subnet that the network was made with (WithSubnet),
// and free whenever the container starts.
func WithAddr(addr netip.Addr) AttachOption {
	return func(a *attachment) error {
		switch {
		case addr.Is4():
			a.addr = addr
		case addr.Is6() && !addr.Is4In6() && addr.Zone() == "":
			a.addr6 = addr
		case addr.Is6():
			return errorf("connect container", addr.String(), ErrAddress, "invalid IPv6 address: %v", addr)
		default:
			return errorf("connect container", addr.String(), ErrAddress, "invalid IPv4 address: %v", addr)
		}
		return nil
	}
}

// WithImpairment degrades what the container sends to and receives from the
// network. Link.Impair changes it.
func WithImpairment(send, receive veth.Impairment) AttachOption {
	return func(a *attachment) error {
		a.impairments = impairments{send, receive}
		return a.validate()
	}
}
