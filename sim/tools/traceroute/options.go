package traceroute

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

// A method is what probes are made of.
type method int

const (
	byPorts method = iota // UDP to a port of its own for each: the default
	byUDP
	byTCP
	byICMP
)

// options are those of traceroute.
type options struct {
	family               int // 4, 6 or 0
	first, hops, queries int
	window               int // how many probes are on their way at a time
	method               method
	port                 int // 0: the method's
	source               string
	numeric              bool
	help, version        bool
	wait                 time.Duration
	here, near           float64 // how many times as long as for other probes; 0: as long as wait
	host                 string
	size                 int // of a packet, with headers; 0: the default
	services             inet.Services
}

func newOptions() options {
	return options{first: 1, hops: 30, queries: 3, window: 16, wait: 5 * time.Second, here: 3, near: 10}
}

const usage = `Usage:
  traceroute [ -46ITnUV ] [ -f first_ttl ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] host [ packetlen ]
Options:
  -4                          Use IPv4
  -6                          Use IPv6
  -f first_ttl  --first=first_ttl
                              Start from the first_ttl hop (instead from 1)
  -I  --icmp                  Use ICMP ECHO for tracerouting
  -T  --tcp                   Use TCP SYN for tracerouting (default port is 80)
  -m max_ttl  --max-hops=max_ttl
                              Set the max number of hops (max TTL to be
                              reached). Default is 30
  -N squeries  --sim-queries=squeries
                              Set the number of probes to be tried
                              simultaneously (default is 16)
  -n                          Do not resolve IP addresses to their domain names
  -p port  --port=port        Set the destination port to use. It is either
                              initial udp port value for "default" method
                              (incremented by each probe, default is 33434), or
                              initial seq for "icmp" (incremented as well,
                              default from 1), or some constant destination
                              port for other methods (with default of 80 for
                              "tcp", 53 for "udp", etc.)
  -w MAX,HERE,NEAR  --wait=MAX,HERE,NEAR
                              Wait for a probe no more than HERE (default 3)
                              times longer than a response from the same hop,
                              or no more than NEAR (default 10) times than some
                              next hop, or MAX (default 5.0) seconds (float
                              point values allowed too)
  -q nqueries  --queries=nqueries
                              Set the number of probes per each hop. Default is
                              3
  -s src_addr  --source=src_addr
                              Use source src_addr for outgoing packets
  -U  --udp                   Use UDP to particular port for tracerouting
                              (instead of increasing the port per each probe),
                              default port is 53
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
	case o.wait < 0 || o.here < 0 || o.near < 0:
		return problem(fmt.Sprintf("bad wait specifications `%v,%v,%v' used", o.wait.Seconds(), o.here, o.near))
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
		return value(names, func(v string) error {
			n, err := strconv.ParseUint(v, 0, 31)
			*p = int(n)
			return err
		})
	}
	return []command.Option{
		flag("4", func() { o.family = 4 }), flag("6", func() { o.family = 6 }), flag("n", func() { o.numeric = true }),
		flag("I icmp", func() { o.method = byICMP }), flag("T tcp", func() { o.method = byTCP }), flag("U udp", func() { o.method = byUDP }),
		flag("V version", func() { o.version = true }), flag("help", func() { o.help = true }),
		number("f first", &o.first), number("m max-hops", &o.hops), number("q queries", &o.queries), number("N sim-queries", &o.window),
		value("p port", o.setPort), value("w wait", o.setWait), value("s source", func(v string) error { o.source = v; return nil }),
	}
}

// errValue is that the value of an option is none.
var errValue = errors.New("bad value")

// setPort is -p: a number in any of C's bases, or a service.
func (o *options) setPort(v string) error {
	n, err := strconv.ParseUint(v, 0, 16)
	if s, ok := o.services.Find(v, ""); err != nil && ok {
		n, err = uint64(s.Port), nil
	}
	o.port = int(n)
	return err
}

// maxWait keeps times within what a time.Duration has.
const maxWait = 1e6

// setWait is -w MAX[,HERE[,NEAR]]: what is not given is 0.
func (o *options) setWait(v string) error {
	fields := strings.SplitN(v, ",", 3)
	var f [3]float64
	for i, field := range fields {
		var err error
		if f[i], err = strconv.ParseFloat(field, 64); err != nil || !(math.Abs(f[i]) < maxWait) {
			return errValue
		}
	}
	o.wait, o.here, o.near = time.Duration(f[0]*float64(time.Second)), f[1], f[2]
	return nil
}
