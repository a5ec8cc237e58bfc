package nftables

import (
	"cmp"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"drydock/nat"
	"drydock/nat/iptables"
)

// A dtype is a type of values, as sets name it.
type dtype struct {
	name, desc string
	bits       int
	line       int // elements of a set in a line
	flags      bool
	little     bool // values are in the order of a little-endian machine's bytes
	names      []named
	hex        int // digits of a number; 0: decimal
	missing    string
	family     int // of addresses
	ifname     bool
	ofHost     bool // numbers are in the order of a little-endian machine's bytes
}

// A named is a constant.
type named struct {
	name  string
	value uint64
}

var (
	typeIPv4   = &dtype{name: "ipv4_addr", desc: "IPv4 address", bits: 32, line: 2, family: 4}
	typeIPv6   = &dtype{name: "ipv6_addr", desc: "IPv6 address", bits: 128, line: 1, family: 6}
	typePort   = &dtype{name: "inet_service", desc: "internet network service", bits: 16, line: 5, missing: "Could not resolve service: Servname not supported for ai_socktype"}
	typeProto  = &dtype{name: "inet_proto", desc: "Internet protocol", bits: 8, line: 5, missing: "Could not resolve protocol name"}
	typeMark   = &dtype{name: "mark", desc: "packet mark", bits: 32, ofHost: true, line: 5, hex: 8}
	typeIfname = &dtype{name: "ifname", desc: "network interface name", bits: 128, line: 1, ifname: true, little: true}
	typeIfidx  = &dtype{name: "iface_index", desc: "network interface index", bits: 128, line: 5, ifname: true, little: true}
	typeState  = &dtype{name: "ct_state", desc: "conntrack state", bits: 32, ofHost: true, line: 2, flags: true, missing: "Could not parse conntrack state",
		names: []named{{"invalid", 1}, {"established", 2}, {"related", 4}, {"new", 8}, {"untracked", 64}}}
	typeStatus = &dtype{name: "ct_status", desc: "conntrack status", bits: 32, ofHost: true, line: 2, flags: true, missing: "Could not parse conntrack status",
		names: []named{{"expected", 1}, {"seen-reply", 2}, {"assured", 4}, {"confirmed", 8}, {"snat", 16}, {"dnat", 32}, {"dying", 512}}}
	typeDir = &dtype{name: "ct_dir", desc: "conntrack direction", bits: 8, line: 5, missing: "Could not parse conntrack direction",
		names: []named{{"original", 0}, {"reply", 1}}}
	typePkt = &dtype{name: "pkt_type", desc: "packet type", bits: 8, line: 2, missing: "Could not parse packet type",
		names: []named{{"host", 0}, {"unicast", 0}, {"broadcast", 1}, {"multicast", 2}, {"other", 3}}}
	typeNfproto = &dtype{name: "nf_proto", desc: "netfilter protocol", bits: 8, line: 5, missing: "Could not parse netfilter protocol",
		names: []named{{"ipv4", 2}, {"ipv6", 10}}}
	typeEther = &dtype{name: "ether_type", desc: "Ethernet protocol", bits: 16, line: 5, hex: 4, missing: "Could not parse Ethernet protocol",
		names: []named{{"ip", 0x800}, {"arp", 0x806}, {"ip6", 0x86dd}}}
	typeAddr = &dtype{name: "fib_addrtype", desc: "fib address type", bits: 32, ofHost: true, line: 2, missing: "Could not parse fib address type",
		names: []named{{"unspec", 0}, {"unicast", 1}, {"local", 2}, {"broadcast", 3}, {"anycast", 4}, {"multicast", 5}, {"blackhole", 6}, {"unreachable", 7}, {"prohibit", 8}}}
	typeTCPFlag = &dtype{name: "tcp_flag", desc: "TCP flag", bits: 8, line: 5, flags: true, missing: "Could not parse TCP flag",
		names: []named{{"fin", 1}, {"syn", 2}, {"rst", 4}, {"psh", 8}, {"ack", 16}, {"urg", 32}, {"ecn", 64}, {"cwr", 128}}}
	typeICMP  = &dtype{name: "icmp_type", desc: "ICMP type", bits: 8, line: 1, missing: "Could not parse ICMP type", names: icmpTypes}
	typeCode  = &dtype{name: "icmp_code", desc: "icmp code", bits: 8, line: 1, missing: "Could not parse icmp code", names: icmpCodes}
	typeICMP6 = &dtype{name: "icmpv6_type", desc: "ICMPv6 type", bits: 8, line: 1, missing: "Could not parse ICMPv6 type", names: icmp6Types}
	typeCode6 = &dtype{name: "icmpv6_code", desc: "icmpv6 code", bits: 8, line: 1, missing: "Could not parse icmpv6 code", names: icmp6Codes}
	typeDSCP  = &dtype{name: "dscp", desc: "Differentiated Services Code Point", bits: 6, line: 1, hex: 2, missing: "Could not parse Differentiated Services Code Point", names: dscpNames}
	typeUID   = &dtype{name: "uid", desc: "user ID", bits: 32, ofHost: true, line: 5, missing: "User does not exist"}
	typeGID   = &dtype{name: "gid", desc: "group ID", bits: 32, ofHost: true, line: 5, missing: "Group does not exist"}
	typeInt32 = &dtype{name: "integer", desc: "integer", bits: 32, ofHost: true, line: 5, missing: "Could not parse integer"}
	typeInt16 = &dtype{name: "integer", desc: "integer", bits: 16, line: 5, missing: "Could not parse integer"}
	typeInt8  = &dtype{name: "integer", desc: "integer", bits: 8, line: 5, missing: "Could not parse integer"}
)

// setTypes are those that "type" takes.
var setTypes = func() map[string]*dtype {
	types := make(map[string]*dtype)
	for _, t := range []*dtype{typeIPv4, typeIPv6, typePort, typeProto, typeMark, typeIfname, typeIfidx, typeState, typeStatus, typeDir, typePkt,
		typeNfproto, typeEther, typeAddr, typeTCPFlag, typeICMP, typeCode, typeICMP6, typeCode6, typeDSCP, typeUID, typeGID} {
		types[t.name] = t
	}
	return types
}()

// The names of ICMP, as nft has them, which are not those of iptables.
var (
	icmpTypes = []named{{"echo-reply", 0}, {"destination-unreachable", 3}, {"source-quench", 4}, {"redirect", 5}, {"echo-request", 8},
		{"router-advertisement", 9}, {"router-solicitation", 10}, {"time-exceeded", 11}, {"parameter-problem", 12}, {"timestamp-request", 13},
		{"timestamp-reply", 14}, {"info-request", 15}, {"info-reply", 16}, {"address-mask-request", 17}, {"address-mask-reply", 18}}
	icmpCodes = []named{{"net-unreachable", 0}, {"host-unreachable", 1}, {"prot-unreachable", 2}, {"port-unreachable", 3}, {"frag-needed", 4},
		{"net-prohibited", 9}, {"host-prohibited", 10}, {"admin-prohibited", 13}}
	icmp6Types = []named{{"destination-unreachable", 1}, {"packet-too-big", 2}, {"time-exceeded", 3}, {"parameter-problem", 4}, {"echo-request", 128},
		{"echo-reply", 129}, {"mld-listener-query", 130}, {"mld-listener-report", 131}, {"mld-listener-done", 132}, {"mld-listener-reduction", 132}, {"nd-router-solicit", 133},
		{"nd-router-advert", 134}, {"nd-neighbor-solicit", 135}, {"nd-neighbor-advert", 136}, {"nd-redirect", 137}, {"router-renumbering", 138},
		{"ind-neighbor-solicit", 141}, {"ind-neighbor-advert", 142}, {"mld2-listener-report", 143}}
	icmp6Codes = []named{{"no-route", 0}, {"admin-prohibited", 1}, {"addr-unreachable", 3}, {"port-unreachable", 4}, {"policy-fail", 5}, {"reject-route", 6}}
	dscpNames  = []named{{"cs0", 0}, {"cs1", 8}, {"cs2", 16}, {"cs3", 24}, {"cs4", 32}, {"cs5", 40}, {"cs6", 48}, {"cs7", 56}, {"df", 0}, {"be", 0}, {"lephb", 1},
		{"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18}, {"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28}, {"af33", 30}, {"af41", 34}, {"af42", 36},
		{"af43", 38}, {"va", 44}, {"ef", 46}}
)

// protocolAliases are names of protocols that nft takes and prints other than iptables, from /etc/protocols.
var protocolAliases = map[string]uint8{"icmpv6": 58, "ipv6-icmp": 58}

// parse reads a constant.
func (d *dtype) parse(t token) (nat.Word, *fault) {
	switch {
	case d.family == 4:
		if a, ok := parseIPv4(t.text); ok && t.kind == address {
			return nat.AddrWord(a), nil
		}
		if n, ok := parseNumber(t.text); ok && t.kind == number && n <= 1<<32-1 {
			return nat.NumberWord(n), nil
		}
		if t.is("localhost") {
			return nat.AddrWord(netip.AddrFrom4([4]byte{127, 0, 0, 1})), nil
		}
		return nat.Word{}, wrong(t.at, "Could not resolve hostname: Name or service not known")
	case d.family == 6:
		if a, err := netip.ParseAddr(t.text); err == nil && a.Is6() {
			return nat.AddrWord(a), nil
		}
		return nat.Word{}, wrong(t.at, "Could not resolve hostname: Name or service not known")
	case d.ifname:
		return parseName(t)
	}
	if n, ok := parseNumber(t.text); ok && t.kind == number {
		if d.bits < 64 && n >= 1<<d.bits {
			return nat.Word{}, wrong(t.at, "%s", d.outOfRange(n))
		}
		return nat.NumberWord(n), nil
	}
	for _, n := range d.names {
		if n.name == t.text {
			return nat.NumberWord(n.value), nil
		}
	}
	switch d {
	case typeProto:
		if n, ok := protocolAliases[t.text]; ok {
			return nat.NumberWord(uint64(n)), nil
		}
		if n, ok := iptables.ProtocolNumber(t.text); ok {
			return nat.NumberWord(uint64(n)), nil
		}
	case typePort:
		if n, ok := iptables.ServicePort(t.text, 0); ok {
			return nat.NumberWord(uint64(n)), nil
		}
	case typeUID, typeGID:
		if t.text == "root" {
			return nat.Word{}, nil
		}
	}
	message := d.missing
	if message == "" {
		message = "Could not parse " + d.desc
	}
	return nat.Word{}, wrong(t.at, "%s", message)
}

// parseName reads the name of an interface. A star at its end is one of its characters if a backslash is before it.
func parseName(t token) (nat.Word, *fault) {
	name, escaped := strings.CutSuffix(t.text, `\*`)
	switch {
	case escaped:
		name += "*"
	case name == "":
		return nat.Word{}, wrong(t.at, "Empty string is not allowed")
	case name == "*":
		return nat.Word{}, wrong(t.at, "All-wildcard strings are not supported")
	case len(name) > 15:
		return nat.Word{}, wrong(t.at, "String exceeds maximum length of 16")
	}
	return nat.NameWord(name), nil
}

// starred returns the length in bits of what is before a star that stands for any rest of a name.
func starred(t token) (bits int, ok bool) {
	name, ok := strings.CutSuffix(t.text, "*")
	return 8 * len(name), ok && !strings.HasSuffix(name, `\`)
}

func (d *dtype) outOfRange(n uint64) string {
	switch d {
	case typePort:
		return "Service out of range"
	case typeProto:
		return "Unsupported protocol number"
	}
	return fmt.Sprintf("Value %d exceeds valid range 0-%d", n, uint64(1)<<d.bits-1)
}

func parseNumber(s string) (uint64, bool) {
	base := 0 // octal with a leading 0, hexadecimal with 0x
	if rest := strings.TrimLeft(s, "0"); len(rest) < len(s) && strings.ContainsAny(rest, "89") && rest[0] != 'x' {
		base = 10
	}
	if len(s) > 1 && (s[1] == 'b' || s[1] == 'B' || s[1] == 'o' || s[1] == 'O') || strings.ContainsRune(s, '_') {
		return 0, false // which Go knows
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}

// format returns a constant as nft prints it.
func (d *dtype) format(w nat.Word, numeric bool) string {
	switch {
	case d.family > 0:
		return w.Addr(d.family == 6).String()
	case d.ifname:
		name := w.Name()
		if plain, star := strings.CutSuffix(name, "*"); star {
			name = plain + `\*`
		}
		return `"` + name + `"`
	case d.flags:
		return d.formatFlags(w.Lo, numeric)
	}
	if !numeric {
		for _, n := range d.names {
			if n.value == w.Lo {
				return n.name
			}
		}
		if d == typeProto {
			if name := iptables.ProtocolName(uint8(w.Lo)); name != "" {
				return name
			}
		}
	}
	if d.hex > 0 {
		return fmt.Sprintf("0x%0*x", d.hex, w.Lo)
	}
	return strconv.FormatUint(w.Lo, 10)
}

// formatFlags returns the names of bits.
func (d *dtype) formatFlags(n uint64, numeric bool) string {
	var list []string
	for _, f := range d.names {
		if n&f.value != 0 && !numeric {
			list = append(list, f.name)
			n &^= f.value
		}
	}
	for i := 0; n>>i != 0; i++ {
		if n>>i&1 != 0 {
			list = append(list, fmt.Sprintf("%#x", 1<<i))
		}
	}
	if len(list) == 0 {
		return "0x0"
	}
	return strings.Join(list, ",")
}

// compare orders constants as nft sorts them.
func (d *dtype) compare(a, b nat.Word) int {
	if !d.little {
		return a.Compare(b)
	}
	return cmp.Or(cmp.Compare(bits.ReverseBytes64(a.Lo), bits.ReverseBytes64(b.Lo)), cmp.Compare(bits.ReverseBytes64(a.Hi), bits.ReverseBytes64(b.Hi)))
}

// compareIn orders constants as nft sorts them in a concatenation: by their bytes, the last of which says most.
func (d *dtype) compareIn(a, b nat.Word) int {
	if d.ofHost || d.little {
		return d.compare(a, b)
	}
	return cmp.Or(cmp.Compare(bits.ReverseBytes64(a.Lo), bits.ReverseBytes64(b.Lo)), cmp.Compare(bits.ReverseBytes64(a.Hi), bits.ReverseBytes64(b.Hi)))
}

// mask returns the mask of a prefix.
func (d *dtype) mask(length int) nat.Word {
	var w nat.Word
	for i := range length {
		bit := d.bits - 1 - i
		if bit >= 64 {
			w.Hi |= 1 << (bit - 64)
		} else {
			w.Lo |= 1 << bit
		}
	}
	return w
}

// all is the mask of every bit.
func (d *dtype) all() nat.Word { return d.mask(d.bits) }

// prefixLength returns the length of the prefix whose mask it is.
func (d *dtype) prefixLength(mask nat.Word) (int, bool) {
	n := bits.OnesCount64(mask.Hi) + bits.OnesCount64(mask.Lo)
	return n, d.mask(n) == mask
}

// prefixOf returns the length of the prefix that a range is, if it is one.
func (d *dtype) prefixOf(first, last nat.Word) (int, bool) {
	diff := nat.Word{Hi: first.Hi ^ last.Hi, Lo: first.Lo ^ last.Lo}
	n, ok := d.prefixLength(d.all().And(diff.Not()))
	return n, ok && first.And(diff) == nat.Word{} && first != last
}
