package netcat

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// options are those of nc.
type options struct {
	family                                       int // 4, 6 or 0
	crlf, detached, help, keep, listen, shutdown bool
	numeric, udp, verbose, scan                  bool
	source, sourcePort                           string
	quit                                         time.Duration // -1: not given
	timeout                                      time.Duration // -1: none
}

const usage = `usage: nc [-46CdhklNnuvz] [-p source_port] [-q seconds] [-s sourceaddr]
	  [-w timeout] [destination] [port]
`

const helpText = "OpenBSD netcat (Debian patchlevel 1.219-1)\n" + usage + `	Command Summary:
		-4		Use IPv4
		-6		Use IPv6
		-C		Send CRLF as line-ending
		-d		Detach from stdin
		-h		This help text
		-k		Keep inbound sockets open for multiple connects
		-l		Listen mode, for inbound connects
		-N		Shutdown the network socket after EOF on stdin
		-n		Suppress name/port resolutions
		-p port		Specify local port for remote connects
		-q secs		quit after EOF on stdin and delay of secs
		-s sourceaddr	Local source address
		-u		UDP mode
		-v		Verbose
		-w timeout	Timeout for connects and final net reads
		-z		Zero-I/O mode [used for scanning]
	Port numbers can be individual or ranges: lo-hi [inclusive]
`

// errUsage makes nc print how it is used.
var errUsage = errors.New("usage")

func (o *options) parse(args []string) (rest []string, err error) {
	o.quit, o.timeout = -1, -1
	rest, err = command.Getopt(args, o.known())
	switch {
	case err != nil:
		return nil, err
	case o.help:
		return rest, nil
	case o.listen && o.scan:
		return nil, errors.New("cannot use -z and -l")
	case o.listen && o.sourcePort != "" && len(rest) < 2:
		return append(rest, o.sourcePort), nil
	case o.keep && !o.listen:
		return nil, errors.New("must use -l with -k")
	case o.listen && len(rest) == 0, len(rest) == 1 && !o.listen:
		return nil, errors.New("missing port number")
	case len(rest) == 0, o.listen && (len(rest) > 2 || o.sourcePort != "" || o.source != ""):
		return nil, errUsage
	}
	return rest, nil
}

func (o *options) known() []command.Option {
	flag := func(name string, p *bool) command.Option {
		return command.Option{Names: name, Set: func(string, string) error { *p = true; return nil }}
	}
	text := func(name string, p *string) command.Option {
		return command.Option{Names: name, Value: true, Set: func(_, v string) error { *p = v; return nil }}
	}
	seconds := func(name, what string, least int64, p *time.Duration) command.Option {
		return command.Option{Names: name, Value: true, Set: func(_, v string) error {
			n, err := number(v, what, least, math.MaxInt32/1000)
			*p = time.Duration(n) * time.Second
			return err
		}}
	}
	return []command.Option{
		{Names: "4", Set: func(string, string) error { o.family = 4; return nil }},
		{Names: "6", Set: func(string, string) error { o.family = 6; return nil }},
		flag("C", &o.crlf), flag("d", &o.detached), flag("h", &o.help), flag("k", &o.keep), flag("l", &o.listen),
		flag("N", &o.shutdown), flag("n", &o.numeric), flag("u", &o.udp), flag("v", &o.verbose), flag("z", &o.scan),
		text("p", &o.sourcePort), text("s", &o.source),
		seconds("q", "quit timer", math.MinInt32, &o.quit), seconds("w", "timeout", 0, &o.timeout),
	}
}

// number reads what strtonum(3) does, and tells faults in its words.
func number(s, what string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t"), 10, 64)
	problem := ""
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		problem = "invalid"
	case n < least:
		problem = "too small"
	case n > most:
		problem = "too large"
	default:
		return n, nil
	}
	return 0, fmt.Errorf("%s %s: %s", what, problem, s)
}

const portRange = math.MaxUint16

// ports returns the ports that an argument means: a service, a number or a range.
func (o *options) ports(arg string, services inet.Services) ([]int, error) {
	if s, ok := services.Find(arg, o.protocol()); ok && !o.numeric {
		return []int{int(s.Port)}, nil
	}
	first, last, isRange := strings.Cut(arg, "-")
	if !isRange || first == "" {
		n, err := number(arg, "port number", 1, portRange)
		return []int{int(n)}, err
	}
	low, err := number(first, "port number", 1, portRange)
	if err != nil {
		return nil, err
	}
	high, err := number(last, "port number", 1, portRange)
	if err != nil {
		return nil, err
	}
	low, high = min(low, high), max(low, high)
	list := make([]int, 0, high-low+1)
	for n := low; n <= high; n++ {
		list = append(list, int(n))
	}
	return list, nil
}

func (o *options) protocol() string {
	if o.udp {
		return "udp"
	}
	return "tcp"
}

// network is the name that package net has for the protocol and the family.
func (o *options) network(protocol string) string {
	if o.family == 0 {
		return protocol
	}
	return protocol + strconv.Itoa(o.family)
}
