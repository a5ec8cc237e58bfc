// Package ipset is the kernel's part of ipset(8): named sets of addresses, networks and
// ports, which rules of package nat ask about packets and which their target SET fills.
//
// A [Table] has the sets of one machine. A [Set] has a [Spec], which does not change, and
// entries, each of which may have a timeout. There are six types: hash:ip, hash:net,
// hash:ip,port, hash:net,port, bitmap:port and list:set. Sets of other types, and the
// extension skbinfo, are not here.
//
// All is safe for concurrent use. To ask a set allocates nothing and takes its lock for
// reading. A set has at most Spec.MaxElem entries, of which those that have expired are
// given up when room is needed. The commands and their text are in package
// drydock/sim/tools/ipset.
//
// What differs from Linux: entries are listed in their order, not in that of a hash, and
// hashsize, bucketsize and initval are kept and shown but change nothing.
package ipset
