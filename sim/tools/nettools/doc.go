// Package nettools has commands of net-tools 2.10, as Debian 12 has them:
//
//	ifconfig [-a] [INTERFACE]
//	hostname [-i | -I | -s | -f | -d]
//
// ifconfig only shows: what would change an interface is refused as to a user without
// CAP_NET_ADMIN, which a process in a container is, with status 255 after an ioctl that
// is not permitted. Interfaces that do not exist, and unknown options, have status 1.
//
// hostname sets no name: that needs CAP_SYS_ADMIN, and fails with status 1. Its unknown
// options have status 255.
package nettools

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"ifconfig": Ifconfig, "hostname": Hostname} }
