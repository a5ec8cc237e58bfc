// Package conntrack keeps track of connections as Linux's nf_conntrack does: of
// TCP with its states, of UDP by who has answered, of ICMP echoes by id, of other
// protocols by their addresses. It sees no packets, only what [Tuple] and [Packet]
// say of them; package nat looks into packets and translates them.
//
// The first packet of a connection makes a [Conn] that nobody finds until the
// packet has passed all rules and is confirmed:
//
//	Track ──unknown tuple──▶ unconfirmed ──Confirm──▶ in the table ──timeout, Delete, early drop──▶ dying
//	      ──known tuple────▶ state, timeout and counters move on
//
// A [Table] has no goroutines and sets no timers. An entry whose time is over is
// neither found nor shown from that moment on. Its memory is given back when later
// connections come by: each looks over a bucket of the hash table, and over more
// where it meets expired entries. Listing gives all of it back.
//
// Entries are at most [Config].Max. Beyond that a new connection displaces one that
// is not assured, if there is one among those that hash near it; otherwise it is
// refused. Hashes are seeded, so that a sender cannot choose whom it displaces.
//
// # What differs from Linux
//
// Sequence numbers are not compared with windows, which is Linux with
// net.netfilter.nf_conntrack_tcp_be_liberal and nf_conntrack_tcp_ignore_invalid_rst
// set to 1: a RST closes a connection whatever its sequence number, and there are no
// shorter timeouts for retransmitted or unacknowledged data. Connections are picked
// up in their middle (nf_conntrack_tcp_loose is 1, its default). SCTP, DCCP and GRE
// are generic protocols. There are no zones, helpers, expectations or labels.
package conntrack
