package sim

import (
	"context"
	"errors"
	"net"
	"net/netip"
)

// LookupAddr returns the names of an address as programs there know it, the
// canonical one first, without a final dot. Like LookupNetIP it looks in /etc/hosts
// and asks the nameservers of /etc/resolv.conf. An address without name is a
// *net.DNSError with IsNotFound.
func (ns *Netns) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return nil, &net.DNSError{Err: "unrecognized address", Name: addr}
	}
	names, s, err := ns.finder("lookup")
	if err != nil {
		return nil, err
	}
	if err := s.AwaitThaw(ctx); err != nil {
		return nil, &net.DNSError{Err: err.Error(), UnwrapErr: err, Name: addr, IsTimeout: errors.Is(err, context.DeadlineExceeded)}
	}
	return names.LookupAddr(ctx, a)
}
