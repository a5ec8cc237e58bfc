// Package iproute2 has ip(8) of iproute2 6.1, as Debian 12 has it, for looking at
// things:
//
//	ip address [show [dev] [NAME]]
//	ip link [show [dev] [NAME]]
//	ip route [show]
//
// Objects and commands may be cut short as in the real one ("ip a s eth0", "ip r"), and
// list is show. Routes are those of IPv4, the table main. What changes something is a
// method of package sim; that and all options, -6 and -brief among them, are refused as
// unknown.
//
// The status is 1 for a device that does not exist and an object that is unknown, and
// 255 for other faults of a command line, which iproute2 ends for by exit(-1).
package iproute2

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"ip": IP} }
