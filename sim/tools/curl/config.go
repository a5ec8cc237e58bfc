package curl

import (
	"net/netip"
	"time"
)

// A config is a command line.
type config struct {
	urls    []string
	outputs []output // of the URLs, in their order
	uploads []string

	method, agent, referer, user, rng, target, proxy, iface, unixSocket string
	headers                                                             []string
	data                                                                []byte
	hasData, get, head                                                  bool
	form                                                                []formPart

	include, silent, showError, verbose, fail, failBody bool
	noBuffer, noProgress, bar, location, http10         bool
	help, version                                       bool
	dumpHeader, writeOut                                string
	maxRedirs                                           int
	family                                              int
	localPort, lastPort                                 int // of --local-port; 0 is any
	connectTimeout, maxTime                             time.Duration

	retries                int
	retryDelay, retryMax   time.Duration
	retryRefused, retryAll bool

	resolve   map[string][]netip.Addr // by "host:port"
	resolved  []string                // the same as text
	connectTo []connectTo
}

// An output is where a transfer goes: to a file, or one that is named as the remote one.
type output struct {
	file   string
	remote bool
}

// A connectTo is --connect-to; what is empty is any, and stays.
type connectTo struct{ host, port, toHost, toPort string }

// newConfig has the defaults.
func newConfig() *config {
	return &config{
		agent: agent, maxRedirs: 50,
		resolve: make(map[string][]netip.Addr),
	}
}

const agent = "curl/7.88.1"

const versionText = `curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1
Release-Date: 2023-02-20, security patched: 7.88.1-10+deb12u14
Protocols: http
Features: AsynchDNS IPv6
`

const helpText = `Usage: curl [options...] <url>
 -d, --data <data>          HTTP POST data
 -f, --fail                 Fail fast with no output on HTTP errors
 -h, --help <category>      Get help for commands
 -i, --include              Include protocol response headers in the output
 -o, --output <file>        Write to file instead of stdout
 -O, --remote-name          Write output to a file named as the remote file
 -s, --silent               Silent mode
 -T, --upload-file <file>   Transfer local FILE to destination
 -u, --user <user:password> Server user and password
 -A, --user-agent <name>    Send User-Agent <name> to server
 -v, --verbose              Make the operation more talkative
 -V, --version              Show version number and quit
`

// A failure is what a transfer ends with: a CURLcode and the words for it.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

// CURLcodes.
const (
	unsupportedProtocol = 1
	failedInit          = 2
	urlMalformat        = 3
	couldntResolveProxy = 5
	couldntResolveHost  = 6
	couldntConnect      = 7
	partialFile         = 18
	httpReturnedError   = 22
	writeError          = 23
	readError           = 26
	operationTimedOut   = 28
	interfaceFailed     = 45
	tooManyRedirects    = 47
	gotNothing          = 52
	sendError           = 55
	recvError           = 56
	weirdReply          = 8
)
