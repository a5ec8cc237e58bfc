// Package iputils has ping(8) of iputils 20221126, as Debian 12 has it, by the names ping,
// ping4 and ping6. PingCentOS is that of CentOS 8. Its options are
//
//	-4 -6           use addresses of that family
//	-A              adaptive: the interval becomes the round trip
//	-b              allow a broadcast address
//	-c count        end after so many replies
//	-D              print the time of each line
//	-f              flood: send as fast as replies come
//	-I interface    to leave by, or address to be from
//	-i seconds      between requests
//	-l count        requests that are sent at once
//	-M do|dont|want path MTU discovery
//	-n              print no names
//	-O              print requests that were not answered
//	-p pattern      of the data, in hexadecimal
//	-q              print only the summary
//	-s bytes        of data in each request
//	-t hops         TTL
//	-V              print the version
//	-v              print sockets and addresses
//	-w seconds      until the end
//	-W seconds      to wait for the first reply
//
// Other options and hops of a source route are refused with the usage and status 2.
// Unlike the real one it refuses a time with garbage after the number, of which iputils
// only warns, and lets every user choose intervals under 2 ms.
//
// Without count or deadline ping ends with its context or by SIGINT, and prints the
// summary. SIGQUIT has it print how it stands. The status is 1 if there was no reply, or with -w fewer than asked for, 2
// for other failures, 1 for some bad values of options as in iputils, and 137 if the
// machine stopped meanwhile. Lines come as things happen. What the recordings in
// testdata do not show is from iputils' source.
package iputils

import "drydock/sim/tools/command"

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"ping": Ping, "ping4": Ping, "ping6": Ping} }
