package tools

import (
	"drydock/sim/tools/bind9"
	"drydock/sim/tools/busybox"
	"drydock/sim/tools/command"
	"drydock/sim/tools/curl"
	"drydock/sim/tools/inetutils"
	"drydock/sim/tools/libcbin"
	"drydock/sim/tools/netcat"
	"drydock/sim/tools/traceroute"
	"drydock/sim/tools/wget"
)

// clients returns the suites that only talk to others: bind9 (dig, host, nslookup), busybox,
// curl, inetutils (telnet), libcbin (getent), netcat (nc), traceroute and wget.
func clients() command.Table {
	return bind9.Commands().With(busybox.Commands(), curl.Commands(), inetutils.TelnetCommands(), libcbin.Commands(), netcat.Commands(), traceroute.Commands(), wget.Commands())
}
