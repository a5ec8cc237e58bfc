package nftables

import "drydock/nat"

// A selector is a key with its words and the type of its values.
type selector struct {
	key  nat.Key
	text string
	typ  *dtype
}

// selectors are all keys, by how rules write them.
var selectors = []selector{
	{nat.MetaIIFName, "iifname", typeIfname}, {nat.MetaOIFName, "oifname", typeIfname},
	{nat.MetaIIF, "iif", typeIfidx}, {nat.MetaOIF, "oif", typeIfidx},
	{nat.MetaMark, "meta mark", typeMark}, {nat.MetaL4Proto, "meta l4proto", typeProto},
	{nat.MetaNFProto, "meta nfproto", typeNfproto}, {nat.MetaProtocol, "meta protocol", typeEther},
	{nat.MetaPktType, "meta pkttype", typePkt}, {nat.MetaLength, "meta length", typeInt32},
	{nat.MetaSKUID, "meta skuid", typeUID}, {nat.MetaSKGID, "meta skgid", typeGID},
	{nat.CTState, "ct state", typeState}, {nat.CTStatus, "ct status", typeStatus}, {nat.CTMark, "ct mark", typeMark}, {nat.CTDirection, "ct direction", typeDir},
	{nat.IPSaddr, "ip saddr", typeIPv4}, {nat.IPDaddr, "ip daddr", typeIPv4}, {nat.IPProtocol, "ip protocol", typeProto},
	{nat.IPTTL, "ip ttl", typeInt8}, {nat.IPLength, "ip length", typeInt16}, {nat.IPID, "ip id", typeInt16}, {nat.IPDSCP, "ip dscp", typeDSCP},
	{nat.IP6Saddr, "ip6 saddr", typeIPv6}, {nat.IP6Daddr, "ip6 daddr", typeIPv6}, {nat.IP6NextHdr, "ip6 nexthdr", typeProto},
	{nat.IP6HopLimit, "ip6 hoplimit", typeInt8}, {nat.IP6Length, "ip6 length", typeInt16},
	{nat.THSport, "th sport", typePort}, {nat.THDport, "th dport", typePort},
	{nat.TCPSport, "tcp sport", typePort}, {nat.TCPDport, "tcp dport", typePort}, {nat.TCPFlagBits, "tcp flags", typeTCPFlag},
	{nat.UDPSport, "udp sport", typePort}, {nat.UDPDport, "udp dport", typePort}, {nat.UDPLength, "udp length", typeInt16},
	{nat.SCTPSport, "sctp sport", typePort}, {nat.SCTPDport, "sctp dport", typePort},
	{nat.DCCPSport, "dccp sport", typePort}, {nat.DCCPDport, "dccp dport", typePort},
	{nat.UDPLiteSport, "udplite sport", typePort}, {nat.UDPLiteDport, "udplite dport", typePort},
	{nat.ICMPType, "icmp type", typeICMP}, {nat.ICMPCode, "icmp code", typeCode},
	{nat.ICMPv6Type, "icmpv6 type", typeICMP6}, {nat.ICMPv6Code, "icmpv6 code", typeCode6},
	{nat.FIBSaddrType, "fib saddr type", typeAddr}, {nat.FIBDaddrType, "fib daddr type", typeAddr},
	{nat.FIBSaddrIIFType, "fib saddr . iif type", typeAddr}, {nat.FIBDaddrIIFType, "fib daddr . iif type", typeAddr},
	{nat.FIBSaddrOIFType, "fib saddr . oif type", typeAddr}, {nat.FIBDaddrOIFType, "fib daddr . oif type", typeAddr},
}

var (
	byText = make(map[string]selector)
	byKey  = make(map[nat.Key]selector)
)

// headers are the first words of selectors of two.
var headers = map[string]bool{"meta": true, "ct": true, "ip": true, "ip6": true, "th": true, "tcp": true, "udp": true, "sctp": true, "dccp": true,
	"udplite": true, "icmp": true, "icmpv6": true}

// short are keys of meta that need not say so.
var short = map[string]bool{"iifname": true, "oifname": true, "iif": true, "oif": true, "mark": true, "pkttype": true, "l4proto": true, "nfproto": true, "skuid": true, "skgid": true, "protocol": true, "length": true}

func init() {
	for _, s := range selectors {
		byText[s.text], byKey[s.key] = s, s
	}
}

// meta returns the selector that a word behind "meta", or alone, is.
func meta(name string) (selector, bool) {
	if s, ok := byText[name]; ok && short[name] {
		return s, true
	}
	s, ok := byText["meta "+name]
	return s, ok
}
