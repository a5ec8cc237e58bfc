// Package bind9 has the programs of BIND 9.18 that ask name servers, as Debian 12 has
// them in bind9-dnsutils and bind9-host: dig(1), nslookup(1) and host(1). They ask the
// servers of /etc/resolv.conf, or those that are named, and never /etc/hosts.
//
// dig has -4, -6, -c, -h, -p, -q, -r, -t, -u, -v, -x, @server and
//
//	+[no]additional +[no]adflag +[no]all +[no]answer +[no]authority +bufsize= +[no]cdflag
//	+[no]cmd +[no]comments +[no]cookie +[no]defname +[no]dnssec +domain= +[no]edns[=0] +[no]identify
//	+[no]ignore +ndots= +[no]qr +[no]question +[no]recurse +retry= +[no]search +[no]short
//	+[no]stats +[no]tcp +time= +tries= +[no]vc
//
// whose names may be cut short to three letters. nslookup has -class=, -domain=, -port=,
// -query= or -type=, -[no]recurse, -retry=, -[no]search, -timeout=, -[no]vc, -version, the
// same as "set" in its lines of input, and there host, server, exit. host has -4, -6, -a,
// -c, -d, -N, -p, -R, -r, -s, -T, -t, -U, -V, -v, -W.
//
// Other options are refused as unknown. Queries have no cookie. Times are in UTC.
package bind9

import "drydock/sim/tools/command"

// Commands returns the commands of both packages.
func Commands() command.Table {
	return command.Table{"dig": Dig, "nslookup": Nslookup, "host": Host}
}
