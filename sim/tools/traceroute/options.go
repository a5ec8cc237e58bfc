package traceroute

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
)

// options are those of traceroute.
type options struct {
	family               int // 4, 6 or 0
	first, hops, queries int
	numeric              bool
	help, version        bool
	wait                 time.Duration
	host                 string
	size                 int // of a packet, with headers; 0: the default
}

func newOptions() options {
	return options{first: 1, hops: 30, queries: 3, wait: 5 * time.Second}
}

const usage = `Usage:
  traceroute [ -46InV ] [ -f first_ttl ] [ -m max_ttl ] [ -w MAX ] [ -q nqueries ] host [ packetlen ]
Options:
  -4                          Use IPv4
  -6                          Use IPv6
  -f first_ttl  --first=first_ttl
                              Start from the first_ttl hop (instead from 1)
  -I  --icmp                  Use ICMP ECHO for tracerouting
  -m max_ttl  --max-hops=max_ttl
                              Set the max number of hops (max TTL to be
                              reached). Default is 30
  -n                          Do not resolve IP addresses to their domain names
  -w MAX  --wait=MAX
                              Wait for a probe no more than MAX (default 5.0)
                              seconds (float point values allowed too)
  -q nqueries  --queries=nqueries
                              Set the number of probes per each hop. Default is
                              3
  -V  --version               Print version info and exit
  --help                      Read this help and exit

Arguments:
+     host          The host to traceroute to
      packetlen     The full packet length (default is the length of an IP
                    header plus 40). Can be ignored or increased to a minimal
                    allowed value
`

const maxPacket = 65000

// parse reads the command line. position says at which word something is.
func (o *options) parse(args []string) error {
	words, err := command.Getopt(args, o.known(args))
	var unknown *command.OptionError
	switch {
	case errors.As(err, &unknown):
		return badOption(unknown.Arg, args)
	case err != nil || o.help || o.version || len(words) == 0:
		return err
	}
	o.host = words[0]
	if len(words) > 2 {
		return problem(fmt.Sprintf("Extra arg `%s' (position 3, argc %d)", words[2], position(args, words[2])))
	}
	if len(words) == 2 {
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 0 {
			return problem(fmt.Sprintf("Cannot handle \"packetlen\" cmdline arg `%s' on position 2 (argc %d)", words[1], position(args, words[1])))
		}
		if n > maxPacket {
			return problem(fmt.Sprintf("too big packetlen %d specified", n))
		}
		o.size = n
	}
	switch {
	case o.first < 1 || o.first > o.hops:
		return problem("first hop out of range")
	case o.hops > 255:
		return problem("max hops cannot be more than 255")
	case o.queries < 1 || o.queries > 10:
		return problem("no more than 10 probes per hop")
	}
	return nil
}

// A problem is what is wrong with a command line.
type problem string

func (p problem) Error() string { return string(p) }

func badOption(arg string, args []string) error {
	return problem(fmt.Sprintf("Bad option `%s' (argc %d)", arg, position(args, arg)))
}

// position returns the place of a word on the command line.
func position(args []string, word string) int {
	for i, arg := range args {
		if strings.HasPrefix(arg, word) {
			return i + 1
		}
	}
	return len(args)
}

func (o *options) known(args []string) []command.Option {
	flag := func(names string, set func()) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { set(); return nil }}
	}
	value := func(names string, read func(v string) error) command.Option {
		return command.Option{Names: names, Value: true, Set: func(name, v string) error {
			if read(v) != nil {
				return problem(fmt.Sprintf("Cannot handle `%s' option with arg `%s' (argc %d)", name, v, position(args, v)))
			}
			return nil
		}}
	}
	number := func(names string, p *int) command.Option {
		return value(names, func(v string) (err error) { *p, err = strconv.Atoi(v); return err })
	}
	return []command.Option{
		flag("4", func() { o.family = 4 }), flag("6", func() { o.family = 6 }), flag("n", func() { o.numeric = true }),
		flag("I icmp", func() {}), flag("V version", func() { o.version = true }), flag("help", func() { o.help = true }),
		number("f first", &o.first), number("m max-hops", &o.hops), number("q queries", &o.queries),
		value("w wait", func(v string) error {
			f, err := strconv.ParseFloat(v, 64)
			if o.wait = time.Duration(f * float64(time.Second)); err != nil || !(f > 0 && f < 1e6) {
				return problem("bad")
			}
			return nil
		}),
	}
}
