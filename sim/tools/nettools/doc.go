// Package nettools has commands of net-tools 2.10, as Debian 12 has them:
//
//	ifconfig [-a] [INTERFACE]
//	hostname [-i | -I | -s | -f | -d]
//
// ifconfig only shows: what would change an interface is refused as to a user without
// CAP_NET_ADMIN, which a process in a container is. Names that are new are refused as by the real
// ones: its status is then 1, and 255 after an ioctl that is not permitted. hostname sets no name.
package nettools

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"ifconfig": Ifconfig, "hostname": Hostname} }
