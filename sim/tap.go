package sim

import (
	"errors"
	"net/netip"
	"syscall"

	"drydock/sim/internal/slirp"
	"drydock/veth"
)

// The way between a host and the real machine is that of rootless Docker: the
// interface tap0 with slirp at its other end.
const tapDevice = "tap0"

var (
	tapAddr    = netip.MustParsePrefix("10.0.2.100/24")
	tapGateway = netip.MustParseAddr("10.0.2.2")
)

// openTap makes tap0 in a namespace, and what is at its other end.
func openTap(space *namespace, index int, opts slirp.Options) (*slirp.Net, error) {
	inside, outside, err := veth.Pair(veth.WithSeed(opts.Seed))
	if err != nil {
		return nil, err
	}
	if err := space.plug(index, tapDevice, cable{inside: inside}); err != nil {
		inside.Close()
		return nil, err
	}
	opts.Link = outside
	tap, err := slirp.New(opts)
	if err != nil {
		space.unplug(index)
		return nil, err
	}
	if err := addTapRoute(space, index); err != nil {
		tap.Close()
		space.unplug(index)
		return nil, err
	}
	return tap, nil
}

// addTapRoute gives tap0 its address and the default route, if there is none. A host that has
// one keeps it: its way to the outside is a router on a LAN, and tap0 serves Expose alone. Where
// another interface has the address, answers would not come back by tap0.
func addTapRoute(space *namespace, index int) error {
	err := error(syscall.EEXIST)
	if !space.stack.HasAddr(tapAddr.Addr()) {
		err = space.stack.AddAddr(index, tapAddr)
	}
	if err != nil {
		return errorf("connect to the real machine", tapDevice, ErrAddress, "%s cannot have the address %v: %v", tapDevice, tapAddr, err)
	}
	err = space.stack.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), tapGateway)
	if errors.Is(err, syscall.EEXIST) {
		return nil
	}
	return err
}
