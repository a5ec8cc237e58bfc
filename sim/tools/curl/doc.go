// Package curl has curl(1) 7.88.1, as Debian 12 has it, for HTTP. Its options are
//
//	-4 --ipv4, -6 --ipv6, -A --user-agent, --connect-timeout, --connect-to, -D --dump-header,
//	-d --data, --data-ascii, --data-binary, --data-raw, --data-urlencode, -e --referer,
//	-F --form, -f --fail, --fail-with-body, -G --get, -H --header, -h --help, -0 --http1.0,
//	--http1.1, -I --head, -i --include, --interface, -L --location, -m --max-time,
//	--max-redirs, -N --no-buffer, -#, --no-progress-meter, -O --remote-name, -o --output,
//	-r --range, --request-target, -X --request, --resolve, --retry, --retry-all-errors,
//	--retry-connrefused, --retry-delay, --retry-max-time, -S --show-error, -s --silent,
//	-T --upload-file, --unix-socket, -u --user, --url, -V --version, -v --verbose,
//	-w --write-out, -x --proxy
//
// Others are refused as unknown. Of protocols there is http; others are not supported or
// disabled, as curl says. URLs are not globbed, and cookies and files of configuration are
// not read. A proxy is one of HTTP. Authentication is Basic.
//
// The only Unix socket is /var/run/docker.sock of a host whose dockerd runs.
//
// Timeouts end one millisecond late, as those of curl mostly do. The pointer that -v prints
// of a connection that is used again is made up.
package curl

import "drydock/sim/tools/command"

// Commands returns the command.
func Commands() command.Table { return command.Table{"curl": Curl} }
