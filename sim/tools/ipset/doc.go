// Package ipset has the command ipset 7.17, as Debian 12 has it, for the sets of a host's
// firewall (package drydock/nat/ipset): create, add, del, test, destroy, list, save,
// restore, flush, rename, swap, version, and their old spellings -N, -A and so on.
//
//	create SETNAME TYPENAME [family inet|inet6] [hashsize N] [maxelem N] [netmask N]
//	       [bucketsize N] [initval N] [range FROM-TO] [size N] [timeout N] [counters] [comment]
//	add SETNAME ENTRY [timeout N] [packets N] [bytes N] [comment TEXT] [nomatch] [before NAME] [after NAME]
//	del, test SETNAME ENTRY [nomatch] [before NAME] [after NAME]
//
// The types are hash:ip, hash:net, hash:ip,port, hash:net,port, bitmap:port and list:set. An
// entry may be many: a range of addresses, a network of a set of addresses, a range of
// ports, up to 65536 of them at a time.
//
// The options are -exist, -quiet, -output plain|save, -sorted, -name and -terse. restore
// reads standard input. -output xml, -resolve, -file and the interactive mode are not
// here, nor is help.
//
// Entries are listed in their order, which is what -sorted asks for, with and without it.
// hashsize stays as it was created: Linux shows how the hash has grown. In a
// container without CAP_NET_ADMIN the command fails.
package ipset

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"ipset": Ipset} }
