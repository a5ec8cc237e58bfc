package nat

import (
	"math/bits"
	"net/netip"
	"slices"
)

// A Network matches addresses that equal Addr in the bits of Mask, which iptables
// allows to be any pattern; a Mask that is not valid is that of one address. The zero
// Network matches every address. IPv4 addresses are never mapped into IPv6, and there are
// no zones. Not inverts the match.
type Network struct {
	Addr, Mask netip.Addr // of the same family
	Not        bool
}

// check leaves in n only the bits of the address that count.
func (n *Network) check(v6 bool) error {
	if *n == (Network{}) {
		return nil
	}
	if !n.Addr.IsValid() || n.Addr.Is6() != v6 || n.Addr.Zone() != "" {
		return ErrFamily
	}
	if !n.Mask.IsValid() {
		n.Mask = fullMask(v6)
	}
	if n.Mask.Is6() != v6 {
		return ErrFamily
	}
	addr, mask := n.Addr.AsSlice(), n.Mask.AsSlice()
	for i := range addr {
		addr[i] &= mask[i]
	}
	n.Addr, _ = netip.AddrFromSlice(addr)
	if n.Mask.IsUnspecified() {
		if n.Not {
			return ErrNever
		}
		*n = Network{}
	}
	return nil
}

// fullMask returns the mask of one address.
func fullMask(v6 bool) netip.Addr {
	ones := slices.Repeat([]byte{255}, 16)
	if !v6 {
		ones = ones[:4]
	}
	mask, _ := netip.AddrFromSlice(ones)
	return mask
}

// String returns the network as rules have it, "! 172.17.0.0/16", "10.0.3.0/255.0.255.0"
// where the mask has gaps, and "anywhere" for the zero Network.
func (n Network) String() string {
	if !n.Addr.IsValid() {
		return "anywhere"
	}
	return notOption(n.Not) + n.prefix()
}

// prefix returns the network with the length of its mask, or "" for the zero one.
func (n Network) prefix() string {
	if !n.Addr.IsValid() {
		return ""
	}
	if n, ok := n.bits(); ok {
		return n.String()
	}
	return n.Addr.String() + "/" + n.Mask.String()
}

// bits returns the network as a prefix, if the ones of its mask are in one piece.
func (n Network) bits() (netip.Prefix, bool) {
	ones, open := 0, true
	for _, b := range n.Mask.AsSlice() {
		lead := bits.LeadingZeros8(^b)
		if lead < 8 && b<<lead != 0 || !open && b != 0 {
			return netip.Prefix{}, false
		}
		ones, open = ones+lead, lead == 8
	}
	return netip.PrefixFrom(n.Addr, ones), true
}
