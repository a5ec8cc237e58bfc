// Package packet is the only place that knows where headers lie in a packet. It finds
// them ([Parse]), cuts super-segments ([Segment], [Cuts]), composes and reads ICMP errors
// ([Error], [ParseQuote]), computes and patches checksums ([Seal], [Patch],
// [Translation]), and turns netip's addresses into gVisor's and back ([ToAddress]).
// It decides nothing: which packets are dropped, answered or translated is for its users.
//
// Packets are bytes or a *stack.PacketBuffer of gVisor. A frame is an Ethernet II frame
// without FCS.
//
// # What counts as a header
//
// Linux decides, since firewalls, connection tracking and routing here are Linux's:
//
//   - IPv6 has five extension headers: hop-by-hop options (0), routing (43), fragment
//     (44), authentication (51) and destination options (60). They are passed in whatever
//     order they come (ipv6_ext_hdr, ipv6_skip_exthdr).
//   - Everything else is the protocol that the packet carries, also what IANA lists as
//     extension headers: ESP (50), mobility (135), HIP (139), shim6 (140) and the
//     experimental 253 and 254. "ip6tables -p 135" matches mobility.
//   - The authentication header counts its length in units of 4 bytes, less two; the
//     fragment header has 8 bytes; the others count units of 8 bytes, less one. Over IPv4
//     an authentication header is the protocol that the packet carries.
//   - "No next header" (59) ends the search and is what the packet carries. Connection
//     tracking makes nothing of it.
//   - A packet has at most 12 extension headers (IP6_MAX_EXT_HDRS_CNT). Linux had no
//     limit before 2026.
//   - A fragment other than the first carries what its fragment header says, and no
//     header of that. A fragment header with offset 0 and nothing to follow is of a whole
//     packet (RFC 6946).
//   - Lengths must be right: an IPv4 header of 20 bytes or more within its total length,
//     and that, or IPv6's payload length, within what arrived. More bytes than that are
//     padding. An IPv6 packet with a payload length of 0 ends with its fixed header: there
//     are no jumbograms (RFC 2675), as no link is that wide.
//   - IPv4 options are part of the IP header, and nobody looks into them here.
//
// Two things are stricter than in Linux. Headers must lie within the first [MaxHeaders]
// bytes. And a chain of extension headers that is cut short makes a packet malformed;
// Linux routes it if no rule asks for a protocol.
package packet
