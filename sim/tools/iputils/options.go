package iputils

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"drydock/sim/ping"
	"drydock/sim/tools/command"
)

// options are those of ping.
type options struct {
	family    int // 4, 6 or 0
	broadcast bool
	count     int
	stamps    bool
	flood     bool
	interval  time.Duration
	pathMTU   ping.PathMTU
	numeric   bool
	missing   bool
	quiet     bool
	size      int
	ttl       int
	deadline  time.Duration
	linger    time.Duration
	device    string     // of -I
	source    netip.Addr // of -I
	preload   int
	pattern   string
	adaptive  bool
	verbose   bool
	version   bool
}

// defaults are those of iputils: 56 bytes, which with ICMP's header are 64, and 10 s
// for the last reply (MAXWAIT). The interval is one second, with -f none. The TTL is
// the kernel's, net.ipv4.ip_default_ttl.
var defaults = options{interval: -1, size: 56, ttl: 64, linger: 10 * time.Second, preload: 1}

// A failure is an option's value that ping ends for: with status 2, or 1 where it read
// the value by strtol_or_err, which calls error(3) with 1.
type failure struct {
	status  int
	message string
}

func (f *failure) Error() string { return f.message }

func failf(status int, format string, args ...any) error {
	return &failure{status, fmt.Sprintf(format, args...)}
}

// errUsage makes ping print how it is used. -h does so with status 2, like an unknown
// option.
var errUsage = failf(2, "usage")

var errNoDestination = failf(1, "usage error: Destination address required")

const usage = "\nUsage\n  ping [-46AbDfnOqvV] [-c count] [-I interface] [-i interval] [-l preload] [-M do|dont|want] [-p pattern] [-s size] [-t ttl] [-w deadline] [-W timeout] destination\n"

// refuse prints what is wrong with the command line. For what getopt refuses, the usage
// follows.
func (p *run) refuse(err error) (status int) {
	var getopt *command.OptionError
	if errors.As(err, &getopt) {
		p.Errorf("%s: %v\n", p.name, err)
		err = errUsage
	}
	if err == errUsage {
		return p.Fail(2, usage)
	}
	var f *failure
	if !errors.As(err, &f) {
		return p.fail(2, "%v", err)
	}
	return p.fail(f.status, "%s", f.message)
}

// parse sets the options and returns the other arguments, one at least.
func (o *options) parse(args []string) (hosts []string, err error) {
	hosts, err = command.Getopt(args, o.known())
	if err != nil {
		return nil, err
	}
	if len(hosts) == 0 && !o.version {
		return nil, errNoDestination
	}
	if o.interval < 0 {
		o.interval = time.Second
		if o.flood {
			o.interval = 0
		}
	}
	o.numeric = o.numeric || o.flood
	return hosts, nil
}

// known returns the options of the synopsis. Options of iputils that are not here, such
// as -R and -T, are unknown to getopt, whose message says so. Each option is set as
// it is met, so the first fault is told.
func (o *options) known() []command.Option {
	flag := func(name string, p *bool) command.Option {
		return command.Option{Names: name, Set: func(string, string) error { *p = true; return nil }}
	}
	value := func(name string, set func(value string) error) command.Option {
		return command.Option{Names: name, Value: true, Set: func(_, v string) error { return set(v) }}
	}
	number := func(name string, least, most int64, set func(n int64)) command.Option {
		return value(name, func(v string) error {
			n, err := integer(v, least, most)
			set(n)
			return err
		})
	}
	duration := func(name, complaint string, p *time.Duration) command.Option {
		return value(name, func(v string) (err error) {
			*p, err = seconds(v, complaint)
			return err
		})
	}
	return []command.Option{
		{Names: "4", Set: o.setFamily}, {Names: "6", Set: o.setFamily},
		flag("b", &o.broadcast), flag("D", &o.stamps), flag("f", &o.flood),
		flag("n", &o.numeric), flag("O", &o.missing), flag("q", &o.quiet),
		flag("A", &o.adaptive), flag("v", &o.verbose), flag("V", &o.version),
		{Names: "h", Set: func(string, string) error { return errUsage }},
		number("c", 1, math.MaxInt64, func(n int64) { o.count = int(min(n, math.MaxInt)) }),
		number("s", 0, math.MaxInt32, func(n int64) { o.size = int(n) }),
		number("t", 0, 255, func(n int64) { o.ttl = int(n) }),
		number("w", 0, math.MaxInt32, func(n int64) { o.deadline = time.Duration(n) * time.Second }),
		number("l", 1, 65536, func(n int64) { o.preload = int(n) }),
		value("I", o.setInterface), value("p", o.setPattern),
		duration("i", "bad timing interval", &o.interval),
		duration("W", "bad linger time", &o.linger),
		value("M", o.setPathMTU),
	}
}

// setFamily is -4 and -6, which may be given twice but not both.
func (o *options) setFamily(name, _ string) error {
	family := int(name[1] - '0')
	if o.family != 0 && o.family != family {
		return failf(2, "only one -4 or -6 option may be specified")
	}
	o.family = family
	return nil
}

// setInterface is -I, which may be given twice: the interface and the address to be from.
func (o *options) setInterface(value string) error {
	text, zone, zoned := strings.Cut(value, "%")
	a, err := netip.ParseAddr(text)
	switch {
	case err == nil:
		o.source = a
		if zoned {
			o.device = zone
		}
	case strings.Contains(value, ":"):
		return failf(2, "invalid source address: %s", value)
	default:
		o.device = value
	}
	return nil
}

// setPattern is -p: up to 16 bytes in hexadecimal, as sscanf(3) reads them by "%2x".
func (o *options) setPattern(value string) error {
	if i := strings.IndexFunc(value, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }); i >= 0 {
		return failf(2, "patterns must be specified as hex digits: %s", value[i:])
	}
	o.pattern = ""
	for len(value) > 0 && len(o.pattern) < 16 {
		digits := value[:min(2, len(value))]
		b, _ := strconv.ParseUint(digits, 16, 8)
		o.pattern, value = o.pattern+string([]byte{byte(b)}), value[len(digits):]
	}
	return nil
}

// setPathMTU is -M, whose words are those of IP_MTU_DISCOVER. probe is not there.
func (o *options) setPathMTU(value string) error {
	for _, mode := range []ping.PathMTU{ping.PathMTUDo, ping.PathMTUDont, ping.PathMTUWant} {
		if value == mode.String() {
			o.pathMTU = mode
			return nil
		}
	}
	return failf(2, "invalid -M argument: %s", value)
}

// integer parses what strtol(3) does, which skips white space before the number, and
// tells faults as iputils' strtol_or_err does. -c with more than an int can count is
// for ever.
func integer(s string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, failf(1, "invalid argument: '%s': Numerical result out of range", s)
	case err != nil:
		return 0, failf(1, "invalid argument: '%s'", s)
	case n < least || n > most:
		return 0, failf(1, "invalid argument: '%s': out of range: %d <= value <= %d", s, least, most)
	}
	return n, nil
}

// seconds parses a time that ping counts in milliseconds. What iputils announces to
// become an error, garbage after the number, is one here.
func seconds(s, complaint string) (time.Duration, error) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, failf(2, "%s: %s: Numerical result out of range", complaint, s)
	case err != nil:
		return 0, failf(2, "option argument contains garbage: %s", s)
	case !(f >= 0 && f <= math.MaxInt32/1000): // NaN too
		return 0, failf(2, "%s: %s", complaint, s)
	}
	return time.Duration(f*1000) * time.Millisecond, nil
}

// config returns what the machine's Ping is called with. What is zero on the command
// line is negative there, where zero stands for the default.
func (o *options) config(observe func(ping.Event)) *ping.Config {
	return &ping.Config{
		Count:     orNone(o.count),
		Interval:  orNone(o.interval),
		Size:      orNone(o.size),
		TTL:       o.ttl,
		Timeout:   orNone(o.linger),
		Deadline:  o.deadline,
		PathMTU:   o.pathMTU,
		Broadcast: o.broadcast,
		Interface: o.device,
		Source:    o.source,
		Preload:   o.preload,
		Pattern:   o.pattern,
		Adaptive:  o.adaptive,
		Observe:   observe,
	}
}

// orNone returns v, or -1 for 0.
func orNone[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}
