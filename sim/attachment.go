package sim

import (
	"net/netip"

	"drydock/dnsd"
	"drydock/veth"
)

// An attachment is what is asked of a Link.
type attachment struct {
	network     *Network   // nil on a LAN
	addr, addr6 netip.Addr // invalid: the lowest free one
	aliases     []string
	links       []dnsd.Link
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

// asked returns the addresses that are asked for.
func (a *attachment) asked() []netip.Addr { return valid(a.addr, a.addr6) }
