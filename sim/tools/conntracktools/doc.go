// Package conntracktools has conntrack(8) of conntrack-tools 1.4.7, as Debian 12 has
// it, for the connections of a host's firewall: -L, -D, -F and -C with the filters -p,
// -s, -d, -q and -r of addresses, --sport, --dport, --state, -m, -n, -g and -j, with -o
// extended, and their long forms.
//
// A connection's line is that of package nat/conntrack. Whether it passes is decided by
// all filters together; those of addresses take a network, too, and are of the first
// packet's direction, or with -r and -q of the reply's. -F and -C have no filters.
//
// Connections are listed in the order of their text, the kernel's being random. Other
// options are refused in conntrack's words with status 2. A container may not look at
// the table: there conntrack fails as without CAP_NET_ADMIN, with status 1.
package conntracktools

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"conntrack": Conntrack} }
