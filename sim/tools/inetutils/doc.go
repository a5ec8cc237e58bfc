// Package inetutils has ping of GNU inetutils 2.4, which Debian has as inetutils-ping and
// which older images have for ping:
//
//	-c, --count=NUMBER       end after so many requests
//	-i, --interval=SECONDS   between requests
//	-n, --numeric            print no names
//	-q, --quiet              print only the summary
//	-s, --size=NUMBER        bytes of data in each request
//	    --ttl=N              TTL
//	-w, --timeout=N          seconds until the end
//	-W, --linger=N           seconds to wait for the first reply
//
// ping6 is the same for IPv6. Options that are not here are refused as unknown, with
// status 64. A request for which an ICMP error came counts as answered: ping then ends
// without waiting for a reply to it.
//
// And it has telnet, as Debian 12 has it from inetutils-telnet:
//
//	telnet [-4 | -6] [-K] HOST [PORT]
//
// It refuses all options of the protocol, and ends when what is typed does, or with ^], at
// which the real one asks for a command. TelnetCentOS and TelnetBusybox have the words of
// other releases.
package inetutils

import "drydock/sim/tools/command"

// Commands returns the commands of the suite. Default tables of Debian have ping from
// iputils instead.
func Commands() command.Table { return command.Table{"ping": Ping, "ping6": Ping6} }

// TelnetCommands returns telnet.
func TelnetCommands() command.Table { return command.Table{"telnet": Telnet} }
