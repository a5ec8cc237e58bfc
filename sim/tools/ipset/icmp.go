package ipset

import (
	"fmt"
	"strings"

	"drydock/nat"
	"drydock/nat/ipset"
)

// An icmpName is a type with its code. Of two for the same the first is printed.
type icmpName struct {
	name string
	kind uint16
}

var icmpNames = []icmpName{
	{"echo-reply", 0}, {"pong", 0}, {"network-unreachable", 0x300}, {"host-unreachable", 0x301}, {"protocol-unreachable", 0x302},
	{"port-unreachable", 0x303}, {"fragmentation-needed", 0x304}, {"source-route-failed", 0x305}, {"network-unknown", 0x306},
	{"host-unknown", 0x307}, {"network-prohibited", 0x309}, {"host-prohibited", 0x30a}, {"TOS-network-unreachable", 0x30b},
	{"TOS-host-unreachable", 0x30c}, {"communication-prohibited", 0x30d}, {"host-precedence-violation", 0x30e}, {"precedence-cutoff", 0x30f},
	{"source-quench", 0x400}, {"network-redirect", 0x500}, {"host-redirect", 0x501}, {"TOS-network-redirect", 0x502},
	{"TOS-host-redirect", 0x503}, {"echo-request", 0x800}, {"ping", 0x800}, {"router-advertisement", 0x900}, {"router-solicitation", 0xa00},
	{"ttl-zero-during-transit", 0xb00}, {"ttl-zero-during-reassembly", 0xb01}, {"ip-header-bad", 0xc00}, {"required-option-missing", 0xc01},
	{"timestamp-request", 0xd00}, {"timestamp-reply", 0xe00}, {"address-mask-request", 0x1100}, {"address-mask-reply", 0x1200},
}

var icmpv6Names = []icmpName{
	{"no-route", 0x100}, {"communication-prohibited", 0x101}, {"address-unreachable", 0x103}, {"port-unreachable", 0x104},
	{"packet-too-big", 0x200}, {"ttl-zero-during-transit", 0x300}, {"ttl-zero-during-reassembly", 0x301}, {"bad-header", 0x400},
	{"unknown-header-type", 0x401}, {"unknown-option", 0x402}, {"echo-request", 0x8000}, {"ping", 0x8000}, {"echo-reply", 0x8100},
	{"pong", 0x8100}, {"router-solicitation", 0x8500}, {"router-advertisement", 0x8600}, {"neighbour-solicitation", 0x8700},
	{"neighbour-advertisement", 0x8800}, {"redirect", 0x8900},
}

func icmpNamesOf(proto uint8) []icmpName {
	if proto == protoICMPv6 {
		return icmpv6Names
	}
	return icmpNames
}

// parseICMP reads the beginning of a name, or "8/0".
func parseICMP(s string, proto uint8) (uint16, error) {
	for _, n := range icmpNamesOf(proto) {
		if s != "" && len(s) <= len(n.name) && strings.EqualFold(n.name[:len(s)], s) {
			return n.kind, nil
		}
	}
	kind, code, ok := strings.Cut(s, "/")
	if !ok {
		return 0, fmt.Errorf("Cannot parse %s as an (unknown) %s type/code.", s, strings.ToUpper(nat.Protocol{Number: proto}.String()))
	}
	k, err := number(kind, 0, 255)
	if err != nil {
		return 0, err
	}
	c, err := number(code, 0, 255)
	return uint16(k<<8 | c), err
}

// keyText returns an entry without what it has besides.
func keyText(spec ipset.Spec, k ipset.Key) string {
	switch spec.Type {
	case ipset.ListSet:
		return k.Set
	case ipset.BitmapPort:
		return fmt.Sprint(k.Port)
	}
	s := k.Net.String()
	if k.Net.IsSingleIP() || !spec.Type.HasNet() {
		s = k.Net.Addr().String()
	}
	if !spec.Type.HasPort() {
		return s
	}
	name := nat.Protocol{Number: k.Proto}.String()
	if k.Proto == protoICMPv6 {
		name = "icmpv6"
	}
	port := fmt.Sprint(k.Port)
	if k.Proto == protoICMP || k.Proto == protoICMPv6 {
		port = fmt.Sprintf("%d/%d", k.Port>>8, k.Port&0xff)
		for _, n := range icmpNamesOf(k.Proto) {
			if n.kind == k.Port {
				port = n.name
				break
			}
		}
	}
	return s + "," + name + ":" + port
}
