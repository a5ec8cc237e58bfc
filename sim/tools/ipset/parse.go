package ipset

import (
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"drydock/nat"
	"drydock/nat/ipset"
	"drydock/nat/iptables"
)

const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
	protoLite   = 136
)

// parseKeys reads "10.0.0.1", "10.0.0.0/24,udp:53", "80-90", "othername".
func parseKeys(spec ipset.Spec, s string) (r keyRange, err error) {
	switch {
	case spec.Type == ipset.ListSet:
		r.Set = s
		return r, checkName(s)
	case spec.Type == ipset.BitmapPort:
		_, r.Key.Port, r.port, err = parsePorts(s, protoTCP)
		return r, err
	}
	addr, port, hasPort := strings.Cut(s, ",")
	switch {
	case hasPort && !spec.Type.HasPort():
		return r, fmt.Errorf("Syntax error: Elem separator in %s, but settype %s supports none.", s, spec.Type)
	case !hasPort && spec.Type.HasPort():
		return r, fmt.Errorf("Syntax error: Second element is missing from %s.", s)
	}
	if err = parseAddrs(spec, addr, &r); err != nil || !hasPort {
		return r, err
	}
	r.Proto, r.Key.Port, r.port, err = parseProtoPort(spec, port)
	return r, err
}

// parseAddrs reads an address, a network or a range.
func parseAddrs(spec ipset.Spec, s string, r *keyRange) error {
	first, last, isRange := strings.Cut(s, "-")
	host, length, isNet := strings.Cut(first, "/")
	width := 32
	if spec.V6 {
		width = 128
	}
	if isNet {
		n, err := number(length, 0, uint64(width))
		if err != nil {
			return err
		}
		if spec.V6 && !spec.Type.HasNet() && n != 128 {
			return fmt.Errorf("Syntax error: plain IP address must be supplied: %s", s)
		}
		width = int(n)
	}
	addr, err := parseAddr(spec, host)
	if err != nil {
		return err
	}
	network := netip.PrefixFrom(addr, width).Masked()
	r.Net = network
	switch {
	case isRange && (isNet || spec.V6):
		return fmt.Errorf("Syntax error: cannot parse %s: range and prefix, or a range of IPv6", s)
	case isRange:
		end, err := parseAddr(spec, last)
		if err != nil {
			return err
		}
		if end.Less(addr) {
			addr, end = end, addr
		}
		if spec.Type.HasNet() {
			r.nets = cover(addr, end)
			return nil
		}
		r.Net, r.last = netip.PrefixFrom(addr, 32), end
	case isNet && !spec.Type.HasNet() && !spec.V6:
		if width == 0 {
			return ipset.ErrNull
		}
		r.Net, r.last = netip.PrefixFrom(network.Addr(), 32), lastOf(network)
	}
	if !spec.Type.HasNet() && r.Net.Addr().IsUnspecified() {
		return errors.New("Null-valued element, cannot be stored in a hash type of set")
	}
	return nil
}

func parseAddr(spec ipset.Spec, s string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(s)
	if err == nil && addr.Is6() == spec.V6 && addr.Zone() == "" {
		return addr, nil
	}
	family := "IPv4"
	if spec.V6 {
		family = "IPv6"
	}
	return addr, fmt.Errorf("Syntax error: cannot parse %s: resolving to %s address failed", s, family)
}

func word(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func addrOf(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// lastOf returns the last address of a network of IPv4.
func lastOf(p netip.Prefix) netip.Addr { return addrOf(word(p.Addr()) | ^uint32(0)>>p.Bits()) }

// cover returns the networks that are a range of IPv4 together, the fewest.
func cover(from, to netip.Addr) (nets []netip.Prefix) {
	for lo, hi := uint64(word(from)), uint64(word(to)); lo <= hi; {
		size := bits.TrailingZeros64(lo | 1<<32)
		for lo+1<<size-1 > hi {
			size--
		}
		nets = append(nets, netip.PrefixFrom(addrOf(uint32(lo)), 32-size))
		lo += 1 << size
	}
	return nets
}

// parseProtoPort reads "80", "udp:53-60", "icmp:8/0", "icmp:ping" or "gre:0".
func parseProtoPort(spec ipset.Spec, s string) (proto uint8, lo, hi uint16, err error) {
	name, port, named := strings.Cut(s, ":")
	if !named {
		proto, lo, hi, err = parsePorts(s, protoTCP)
		return proto, lo, hi, err
	}
	if proto, err = parseProto(name); err != nil {
		return 0, 0, 0, err
	}
	switch proto {
	case protoTCP, protoUDP, protoSCTP, protoLite:
		return parsePorts(port, proto)
	case protoICMP, protoICMPv6:
		if (proto == protoICMPv6) != spec.V6 {
			return 0, 0, 0, fmt.Errorf("Syntax error: Protocol %s can be used with family %s only", strings.ToUpper(name), map[bool]string{true: "inet", false: "inet6"}[spec.V6])
		}
		lo, err = parseICMP(port, proto)
		return proto, lo, lo, err
	}
	if port != "0" {
		return 0, 0, 0, fmt.Errorf("Syntax error: Protocol %s can be used with pseudo port value 0 only.", s)
	}
	return proto, 0, 0, nil
}

func parseProto(name string) (uint8, error) {
	if n, err := strconv.ParseUint(name, 0, 8); err == nil && n > 0 {
		return uint8(n), nil
	}
	switch strings.ToLower(name) {
	case "icmpv6", "ipv6-icmp":
		return protoICMPv6, nil
	}
	for n := 1; n < 256; n++ {
		if p := (nat.Protocol{Number: uint8(n)}); p.String() == strings.ToLower(name) {
			return uint8(n), nil
		}
	}
	return 0, fmt.Errorf("Syntax error: cannot parse '%s' as a protocol", name)
}

// parsePorts reads "80", "http" or "80-90", which may have its protocol before it.
func parsePorts(s string, proto uint8) (p uint8, lo, hi uint16, err error) {
	if name, rest, named := strings.Cut(s, ":"); named {
		if proto, err = parseProto(name); err != nil {
			return 0, 0, 0, err
		}
		s = rest
	}
	first, last, isRange := strings.Cut(s, "-")
	if isRange { // whose end is looked at first
		if hi, err = parsePort(last, proto); err != nil {
			return 0, 0, 0, err
		}
	}
	if lo, err = parsePort(first, proto); err != nil {
		return 0, 0, 0, err
	}
	if !isRange {
		hi = lo
	}
	return proto, min(lo, hi), max(lo, hi), nil
}

func parsePort(s string, proto uint8) (uint16, error) {
	n, err := number(s, 0, 0xffff)
	if err == nil {
		return uint16(n), nil
	}
	if port, ok := iptables.ServicePort(s, proto); ok {
		return port, nil
	}
	name := nat.Protocol{Number: proto}.String()
	return 0, fmt.Errorf("%w\nSyntax error: '%s' is invalid as number\ncannot parse '%s' as a %[2]s port", err, name, s)
}
