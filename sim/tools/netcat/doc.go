// Package netcat has nc(1) of OpenBSD 1.219, as Debian 12 has it in netcat-openbsd, by the
// names nc and netcat:
//
//	-4 -6           addresses of that family
//	-C              send CRLF for each line end
//	-d              do not read standard input
//	-h              help
//	-k              with -l: after one connection wait for the next
//	-l              listen
//	-N              after standard input say that nothing more is sent
//	-n              no names of hosts and services
//	-p port         to connect from, or to listen on
//	-q seconds      after standard input to the end; 0 is at once
//	-s address      to connect from
//	-u              UDP
//	-v              tell what happens
//	-w seconds      for a connection, and without data to the end
//	-z              only connect
//
// Ports are numbers, ranges and names of /etc/services. Other options, -U among them, are
// refused as unknown. Like the real one, and unlike others, it goes on after the other side
// has closed until its standard input ends, unless it listened.
package netcat

import "drydock/sim/tools/command"

// Commands returns the commands of the package.
func Commands() command.Table { return command.Table{"nc": NC, "netcat": NC} }
