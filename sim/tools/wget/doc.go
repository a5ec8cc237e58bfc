// Package wget has wget(1) of GNU 1.21.3, as Debian 12 has it, for HTTP. Its options are
//
//	-4 --inet4-only, -6 --inet6-only, --bind-address, --connect-timeout, --content-on-error,
//	-h --help, --header, --max-redirect, -nv --no-verbose, -O --output-document,
//	-P --directory-prefix, --password, --post-data, -q --quiet, --read-timeout,
//	--retry-connrefused, -S --server-response, --spider, -T --timeout, -t --tries,
//	-U --user-agent, --user, -V --version, --waitretry
//
// Others are refused as unknown, and other schemes than http as unsupported. Files are named
// as the last part of the path, with .1, .2 and so on if there is one. On a terminal the
// progress is a bar, elsewhere it is dots. Quotes are those of the locale, which is that of
// LC_ALL or LANG in the environment. Times are in UTC.
package wget

import "drydock/sim/tools/command"

// Commands returns the command.
func Commands() command.Table { return command.Table{"wget": Wget} }
