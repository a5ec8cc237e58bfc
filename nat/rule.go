package nat

import "net/netip"

// A Rule applies Target to the packets that all its other fields match. The zero
// Rule matches everything and has no target: it only counts.
type Rule struct {
	Src, Dst Network   // -s, -d
	In, Out  Interface // -i, -o
	Proto    Protocol  // -p
	Matches  []Match   // -m, in the order given
	Target   Target    // -j or -g; nil: none
}

// A Network matches addresses that equal Addr in the bits of Mask, which iptables
// allows to be any pattern; a Mask that is not valid is that of one address. The zero
// Network matches every address.
type Network struct {
	Addr, Mask netip.Addr // of the same family
	Not        bool
}

// An Interface matches the name of an interface, or with a final "+" all names
// that begin so. The zero Interface matches every packet.
type Interface struct {
	Name string
	Not  bool
}

// A Protocol matches the IP protocol (1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6 …); number 0
// is all.
type Protocol struct {
	Number uint8
	Not    bool
}

// A Match is a condition of an extension, what follows -m: TCP, UDP, Multiport,
// ICMP, Conntrack, State, AddrType, MarkMatch, Limit, Comment or Physdev.
type Match interface {
	// matcher returns what tests packets, nil if all of them match. One belongs to one rule.
	matcher() matcher
	// String is what iptables-save prints, "-m tcp --dport 80".
	String() string
}

// A PortRange matches ports from Lo to Hi, both included. The zero PortRange is
// not looked at.
type PortRange struct {
	Lo, Hi uint16
	Set    bool // that the option is there
	Not    bool
}

// TCP is -m tcp: --sport, --dport, --tcp-flags, --syn and --tcp-option.
type TCP struct {
	Src, Dst PortRange
	Flags    TCPFlags
	Option   uint8 // 0: not looked at
	NotOpt   bool
}

// TCPFlags matches segments whose flags among Mask are exactly Set. --syn is
// {Mask: SYN|RST|ACK|FIN, Set: SYN}. Mask 0 is not looked at.
type TCPFlags struct {
	Mask, Set TCPFlagSet
	Not       bool
}

// A TCPFlagSet is a set of flags as they lie in a segment: FIN is 1, SYN 2, RST 4, PSH 8,
// ACK 16 and URG 32.
type TCPFlagSet uint8

// UDP is -m udp: --sport and --dport.
type UDP struct{ Src, Dst PortRange }

// Multiport is -m multiport: up to 15 ports, where a range counts as two.
type Multiport struct {
	Which PortSide
	Ports []PortRange // Set and Not are not looked at
	Not   bool
}

// A PortSide is which ports Multiport looks at.
type PortSide uint8

const (
	SourcePorts      PortSide = iota + 1 // --sports
	DestinationPorts                     // --dports
	EitherPorts                          // --ports
)

// ICMP is -m icmp --icmp-type, or -m icmp6 --icmpv6-type in the tables of IPv6.
type ICMP struct {
	V6               bool
	Any              bool // every type
	Type             uint8
	MinCode, MaxCode uint8 // 0 and 255: every code
	Not              bool
}

// A StateSet is a set of connection states.
type StateSet uint8

const (
	StateInvalid StateSet = 1 << iota
	StateNew
	StateEstablished
	StateRelated
	StateUntracked
	StateSNAT // the source is translated; Conntrack only
	StateDNAT // the destination is translated; Conntrack only
)

// Conntrack is -m conntrack --ctstate.
type Conntrack struct {
	States StateSet
	Not    bool
}

// State is -m state --state.
type State struct {
	States StateSet
	Not    bool
}

// An AddrTypeSet is a set of kinds of addresses, as the routing table of Linux
// tells them apart.
type AddrTypeSet uint16

const (
	AddrUnspec AddrTypeSet = 1 << iota
	AddrUnicast
	AddrLocal
	AddrBroadcast
	AddrAnycast
	AddrMulticast
	AddrBlackhole
	AddrUnreachable
	AddrProhibit
)

// AddrType is -m addrtype: --src-type, --dst-type. An empty set is not looked at.
type AddrType struct {
	Src, Dst       AddrTypeSet
	NotSrc, NotDst bool
}

// MarkMatch is -m mark --mark value/mask.
type MarkMatch struct {
	Value, Mask uint32
	Not         bool
}

// Limit is -m limit: a token bucket of Burst packets that fills at Count per Unit.
type Limit struct {
	Count uint32
	Unit  LimitUnit
	Burst uint32 // 5 unless given
}

// A LimitUnit is the unit of a Limit, in seconds.
type LimitUnit uint32

const (
	PerSecond LimitUnit = 1
	PerMinute LimitUnit = 60
	PerHour   LimitUnit = 60 * 60
	PerDay    LimitUnit = 24 * 60 * 60
)

// Comment is -m comment --comment. It matches everything.
type Comment struct{ Text string }

// Physdev is -m physdev, for frames between ports of a bridge.
type Physdev struct {
	In, Out                       Interface // --physdev-in, --physdev-out
	IsIn, IsOut, IsBridged        bool
	NotIsIn, NotIsOut, NotBridged bool
}

// A Target is what becomes of a packet that a rule matches: Accept, Drop, Return,
// Jump, Goto, Reject, SNAT, DNAT, Masquerade, Redirect, Mark, Log or NoTrack.
type Target interface {
	// String is what iptables-save prints, "-j DNAT --to-destination 172.17.0.2:80".
	String() string
}

// Accept lets the packet pass the table.
type Accept struct{}

// Drop loses the packet without a word.
type Drop struct{}

// Return goes on behind the rule that jumped here, or applies the policy.
type Return struct{}

// Jump goes on in a chain of one's own and comes back at its end.
type Jump struct{ Chain string }

// Goto is Jump without coming back: at the end of the chain traversal goes on
// where this chain was called from.
type Goto struct{ Chain string }

// Reject drops the packet and tells its sender why.
type Reject struct{ With RejectWith }

// SNAT rewrites the source of a connection. In POSTROUTING and INPUT of nat.
type SNAT struct{ To NATRange }

// DNAT rewrites the destination of a connection. In PREROUTING and OUTPUT of nat.
type DNAT struct{ To NATRange }

// A NATRange is what an address, a port or both are chosen from. An invalid MinAddr
// leaves the address, MinPort 0 the port alone where possible.
type NATRange struct {
	MinAddr, MaxAddr netip.Addr // equal for one
	MinPort, MaxPort uint16
	Random           bool // --random
	FullyRandom      bool // --random-fully
	Persistent       bool // --persistent: one address of the range for each client
}

// Masquerade is SNAT to the address of the outgoing interface, in POSTROUTING.
type Masquerade struct {
	MinPort, MaxPort uint16 // --to-ports; 0: the port stays if it is free
	Random           bool
	FullyRandom      bool
}

// Redirect is DNAT to the machine itself: to the address of the incoming
// interface, or to 127.0.0.1 for what the machine sends.
type Redirect struct {
	MinPort, MaxPort uint16 // --to-ports; 0: the port stays
	Random           bool
}

// Mark changes the mark of the packet to mark&^Mask ^ Value, as --set-xmark does.
type Mark struct{ Value, Mask uint32 }

// Log writes the packet to the logger of the tables and goes on.
type Log struct {
	Level   uint8  // syslog's, 0 to 7; 4, warning, unless given
	Prefix  string // up to 29 bytes
	TCPSeq  bool
	TCPOpts bool
	IPOpts  bool
	UID     bool
}

// NoTrack keeps the packet out of connection tracking. In the raw table.
type NoTrack struct {
	CT bool // spelled -j CT --notrack rather than -j NOTRACK
}

// A RejectWith is what Reject answers, by its name in iptables.
type RejectWith string

// What Reject answers.
const (
	ICMPNetUnreachable   RejectWith = "icmp-net-unreachable"
	ICMPHostUnreachable  RejectWith = "icmp-host-unreachable"
	ICMPProtoUnreachable RejectWith = "icmp-proto-unreachable"
	ICMPPortUnreachable  RejectWith = "icmp-port-unreachable" // the default for IPv4
	ICMPNetProhibited    RejectWith = "icmp-net-prohibited"
	ICMPHostProhibited   RejectWith = "icmp-host-prohibited"
	ICMPAdminProhibited  RejectWith = "icmp-admin-prohibited"
	TCPReset             RejectWith = "tcp-reset"
	ICMP6NoRoute         RejectWith = "icmp6-no-route"
	ICMP6AdminProhibited RejectWith = "icmp6-adm-prohibited"
	ICMP6AddrUnreachable RejectWith = "icmp6-addr-unreachable"
	ICMP6PortUnreachable RejectWith = "icmp6-port-unreachable" // the default for IPv6
	ICMP6PolicyFail      RejectWith = "icmp6-policy-fail"
	ICMP6RejectRoute     RejectWith = "icmp6-reject-route"
)
