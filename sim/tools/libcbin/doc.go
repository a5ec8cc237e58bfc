// Package libcbin has getent(1) of glibc 2.36, which Debian 12 has in its package libc-bin:
//
//	getent hosts [NAME|ADDRESS ...]       as gethostbyname2(3) finds them, IPv6 first
//	getent ahosts|ahostsv4|ahostsv6 ...   as getaddrinfo(3) finds them
//	getent services [NAME|PORT[/PROTO] ...]
//	getent protocols|passwd|group [NAME|NUMBER ...]
//
// Without keys all entries are listed, of hosts those in /etc/hosts. The status is 1 for a
// wrong command line and 2 if a key was not found. Other databases are unknown to it, and
// its only option is --help.
package libcbin

import "drydock/sim/tools/command"

// Commands returns the commands of the package.
func Commands() command.Table { return command.Table{"getent": Getent} }
