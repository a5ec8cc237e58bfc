package wget

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
)

// options are those of wget.
type options struct {
	family                                      int
	bind, output, prefix, agent, user, password string
	headers                                     []string
	post                                        *string
	maxRedirect, tries                          int
	connectTimeout, readTimeout, waitRetry      time.Duration // 0: none
	quiet, brief, server, spider, help, version bool
	onError, retryRefused                       bool
}

func newOptions() *options {
	return &options{
		agent: "Wget/" + release, maxRedirect: 20, tries: 20,
		readTimeout: 900 * time.Second, waitRetry: 10 * time.Second,
	}
}

const release = "1.21.3"

const usage = "Usage: wget [OPTION]... [URL]...\n"

const try = "\nTry `wget --help' for more options.\n"

const helpText = "GNU Wget " + release + `, a non-interactive network retriever.
Usage: wget [OPTION]... [URL]...

  -V,  --version                   display the version of Wget and exit
  -h,  --help                      print this help
  -q,  --quiet                     quiet (no output)
  -nv, --no-verbose                turn off verboseness, without being quiet
  -t,  --tries=NUMBER              set number of retries to NUMBER (0 unlimits)
       --retry-connrefused         retry even if connection is refused
  -O,  --output-document=FILE      write documents to FILE
  -S,  --server-response           print server response
       --spider                    don't download anything
  -T,  --timeout=SECONDS           set all timeout values to SECONDS
       --connect-timeout=SECS      set the connect timeout to SECS
       --read-timeout=SECS         set the read timeout to SECS
       --waitretry=SECONDS         wait 1..SECONDS between retries of a retrieval
       --bind-address=ADDRESS      bind to ADDRESS (hostname or IP) on local host
  -4,  --inet4-only                connect only to IPv4 addresses
  -6,  --inet6-only                connect only to IPv6 addresses
       --user=USER                 set both ftp and http user to USER
       --password=PASS             set both ftp and http password to PASS
  -P,  --directory-prefix=PREFIX   save files to PREFIX/..
       --header=STRING             insert STRING among the headers
       --max-redirect              maximum redirections allowed per page
  -U,  --user-agent=AGENT          identify as AGENT instead of Wget/VERSION
       --post-data=STRING          use the POST method; send STRING as the data
       --content-on-error          output the received content on server errors
`

// known returns the options. quote is the locale's.
func (o *options) known(quote func(string) string) []command.Option {
	text := func(names string, set func(string)) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, v string) error { set(v); return nil }}
	}
	number := func(names string, p *int) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, v string) (err error) {
			if v == "inf" {
				v = "0"
			}
			n, err := strconv.ParseUint(v, 10, 31)
			if *p = int(n); err != nil {
				err = fmt.Errorf("--%s: Invalid number %s", long(names), quote(v))
			}
			return err
		}}
	}
	seconds := func(names string, targets ...*time.Duration) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, v string) error {
			f, err := strconv.ParseFloat(strings.TrimSuffix(v, "s"), 64)
			if err != nil || !(f >= 0 && f < math.MaxInt32) {
				return fmt.Errorf("--%s: Invalid time period %s", long(names), quote(v))
			}
			for _, p := range targets {
				*p = time.Duration(f * float64(time.Second))
			}
			return nil
		}}
	}
	return append(o.flags(), []command.Option{
		text("bind-address", func(v string) { o.bind = v }), text("O output-document", func(v string) { o.output = v }),
		text("P directory-prefix", func(v string) { o.prefix = v }), text("U user-agent", func(v string) { o.agent = v }),
		text("user", func(v string) { o.user = v }), text("password", func(v string) { o.password = v }),
		text("post-data", func(v string) { o.post = &v }), text("header", func(v string) { o.headers = append(o.headers, v) }),
		number("max-redirect", &o.maxRedirect), number("t tries", &o.tries),
		seconds("T timeout", &o.connectTimeout, &o.readTimeout), seconds("connect-timeout", &o.connectTimeout),
		seconds("read-timeout", &o.readTimeout), seconds("waitretry", &o.waitRetry),
	}...)
}

// flags returns the options without a value, and -nv.
func (o *options) flags() []command.Option {
	flag := func(names string, set func()) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { set(); return nil }}
	}
	return []command.Option{
		flag("4 inet4-only", func() { o.family = 4 }), flag("6 inet6-only", func() { o.family = 6 }),
		flag("h help", func() { o.help = true }), flag("V version", func() { o.version = true }),
		flag("q quiet", func() { o.quiet = true }), flag("no-verbose", func() { o.brief = true }),
		flag("S server-response", func() { o.server = true }), flag("spider", func() { o.spider = true }),
		flag("content-on-error", func() { o.onError = true }), flag("retry-connrefused", func() { o.retryRefused = true }),
		{Names: "n", Value: true, Set: func(_, v string) error {
			if v != "v" {
				return &command.OptionError{Problem: "invalid option -- 'n" + v + "'"}
			}
			o.brief = true
			return nil
		}},
	}
}

// long returns the long one of an option's names.
func long(names string) string { return names[strings.LastIndexByte(names, ' ')+1:] }

// parse returns the URLs. It is not ok if wget ends with a status.
func (r *run) parse(args []string) (urls []string, status int, ok bool) {
	urls, err := command.Getopt(args, r.known(r.quote))
	var unknown *command.OptionError
	switch {
	case errors.As(err, &unknown):
		return nil, r.Fail(2, "wget: %v\n%s%s", err, usage, try), false
	case err != nil:
		return nil, r.Fail(2, "wget: %v\n", err), false
	case r.help:
		r.Printf(helpText)
		return nil, 0, false
	case r.version:
		r.Printf("GNU Wget %s built on linux-gnu.\n", release)
		return nil, 0, false
	case len(urls) == 0:
		return nil, r.Fail(1, "wget: missing URL\n%s%s", usage, try), false
	}
	return urls, 0, true
}
