package curl

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// An option is one of curl, by its letter, if it has one, and its name. It has a flag, or it
// has a value that set takes.
type option struct {
	letter, name string
	flag         *bool
	set          func(value string) error
}

// Reasons why an option is refused.
var (
	errNumber = errors.New("expected a proper numerical parameter")
	errBad    = errors.New("is badly used here")
	errUnread = errors.New("error encountered when reading a file")
)

// A parser reads the options of a call into a config.
type parser struct {
	*command.Call
	*config
}

func (p *parser) options() []option {
	c := p.config
	text := func(s *string) func(string) error { return func(v string) error { *s = v; return nil } }
	list := func(s *[]string) func(string) error {
		return func(v string) error { *s = append(*s, v); return nil }
	}
	duration := func(d *time.Duration) func(string) error {
		return func(v string) (err error) { *d, err = seconds(v); return err }
	}
	number := func(n *int) func(string) error {
		return func(v string) (err error) { *n, err = atoi(v); return err }
	}
	family := func(n int) func(string) error { return func(string) error { c.family = n; return nil } }
	data := func(kind dataKind) func(string) error { return func(v string) error { return p.addData(v, kind) } }
	return append([]option{
		{"A", "user-agent", nil, text(&c.agent)}, {"", "connect-timeout", nil, duration(&c.connectTimeout)},
		{"", "connect-to", nil, c.addConnectTo}, {"D", "dump-header", nil, text(&c.dumpHeader)},
		{"d", "data", nil, data(plain)}, {"", "data-ascii", nil, data(plain)}, {"", "data-binary", nil, data(binary)},
		{"", "data-raw", nil, data(raw)}, {"", "data-urlencode", nil, data(encoded)},
		{"e", "referer", nil, text(&c.referer)}, {"F", "form", nil, p.addForm}, {"H", "header", nil, list(&c.headers)},
		{"", "interface", nil, text(&c.iface)}, {"", "local-port", nil, c.setLocalPorts}, {"m", "max-time", nil, duration(&c.maxTime)},
		{"", "max-redirs", nil, number(&c.maxRedirs)},
		{"o", "output", nil, func(v string) error { c.outputs = append(c.outputs, output{file: v}); return nil }},
		{"r", "range", nil, text(&c.rng)}, {"X", "request", nil, text(&c.method)}, {"", "request-target", nil, text(&c.target)},
		{"", "resolve", nil, c.addResolve}, {"", "retry", nil, number(&c.retries)}, {"", "retry-delay", nil, duration(&c.retryDelay)},
		{"", "retry-max-time", nil, duration(&c.retryMax)}, {"T", "upload-file", nil, list(&c.uploads)},
		{"", "unix-socket", nil, text(&c.unixSocket)}, {"u", "user", nil, text(&c.user)}, {"", "url", nil, list(&c.urls)}, {"w", "write-out", nil, p.setWriteOut},
		{"x", "proxy", nil, text(&c.proxy)},
	}, p.flags(family)...)
}

// flags returns the options without a value.
func (p *parser) flags(family func(int) func(string) error) []option {
	c := p.config
	never := new(bool)
	return []option{
		{"4", "ipv4", never, family(4)}, {"6", "ipv6", never, family(6)},
		{"f", "fail", &c.fail, nil}, {"", "fail-with-body", &c.failBody, nil}, {"G", "get", &c.get, nil},
		{"h", "help", &c.help, nil}, {"0", "http1.0", &c.http10, nil},
		{"", "http1.1", never, func(string) error { c.http10 = false; return nil }},
		{"I", "head", &c.head, nil}, {"i", "include", &c.include, nil}, {"L", "location", &c.location, nil},
		{"N", "no-buffer", &c.noBuffer, nil}, {"#", "progress-bar", &c.bar, nil}, {"", "no-progress-meter", &c.noProgress, nil},
		{"O", "remote-name", never, func(string) error { c.outputs = append(c.outputs, output{remote: true}); return nil }},
		{"", "retry-all-errors", &c.retryAll, nil}, {"", "retry-connrefused", &c.retryRefused, nil},
		{"S", "show-error", &c.showError, nil}, {"s", "silent", &c.silent, nil}, {"v", "verbose", &c.verbose, nil},
		{"V", "version", &c.version, nil},
	}
}

// parse reads the command line. The error is what curl says of it.
func (p *parser) parse(args []string) error {
	options := p.options()
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case len(arg) < 2 || arg[0] != '-':
			p.urls = append(p.urls, arg)
		case arg == "--":
			p.urls = append(p.urls, args...)
			return nil
		case arg[1] == '-':
			args, err = p.long(options, arg, args)
		default:
			args, err = p.short(options, arg, args)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func refused(arg string, err error) error { return fmt.Errorf("option %s: %w", arg, err) }

var (
	errUnknown   = errors.New("is unknown")
	errAmbiguous = errors.New("is ambiguous")
	errMissing   = errors.New("requires parameter")
)

// long sets an option by name, which may be cut short. no- before it switches a flag off.
func (p *parser) long(options []option, arg string, args []string) (rest []string, err error) {
	name := arg[2:]
	o, err := find(options, name)
	on := true
	if negated, ok := strings.CutPrefix(name, "no-"); ok && err != nil {
		if o, err = find(options, negated); err == nil && (o.flag == nil || o.set != nil) {
			err = errUnknown
		}
		on = false
	}
	switch {
	case err != nil:
		return nil, refused(arg, err)
	case o.flag != nil:
		return args, o.turn(on)
	case len(args) == 0:
		return nil, refused(arg, errMissing)
	}
	if err := o.set(args[0]); err != nil {
		return nil, refused(arg, err)
	}
	return args[1:], nil
}

func (o *option) turn(on bool) error {
	*o.flag = on
	if o.set != nil {
		return o.set("")
	}
	return nil
}

func find(options []option, name string) (found *option, err error) {
	err = errUnknown
	for i := range options {
		o := &options[i]
		switch {
		case o.name == name:
			return o, nil
		case name == "" || !strings.HasPrefix(o.name, name):
		case found != nil:
			err = errAmbiguous
		default:
			found, err = o, nil
		}
	}
	return found, err
}

// short sets options by letters that follow one dash.
func (p *parser) short(options []option, arg string, args []string) (rest []string, err error) {
	for letters := arg[1:]; letters != ""; {
		letter := letters[:1]
		letters = letters[1:]
		var o *option
		for i := range options {
			if options[i].letter == letter {
				o = &options[i]
			}
		}
		switch {
		case o == nil:
			return nil, refused(arg, errUnknown)
		case o.flag != nil:
			if err := o.turn(true); err != nil {
				return nil, err
			}
			continue
		case letters == "" && len(args) == 0:
			return nil, refused(arg, errMissing)
		case letters == "":
			letters, args = args[0], args[1:]
		}
		if err := o.set(letters); err != nil {
			return nil, refused(arg, err)
		}
		break
	}
	return args, nil
}

func seconds(v string) (time.Duration, error) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= 0 && f < math.MaxInt32) {
		return 0, errNumber
	}
	return time.Duration(f * float64(time.Second)), nil
}

func atoi(v string) (int, error) {
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil {
		return 0, errNumber
	}
	return int(n), nil
}

// setLocalPorts is --local-port FIRST[-LAST].
func (c *config) setLocalPorts(v string) (err error) {
	first, last, ranged := strings.Cut(v, "-")
	if c.localPort, err = atoi(strings.TrimSpace(first)); err != nil {
		return errBad
	}
	if c.lastPort = c.localPort; ranged {
		if c.lastPort, err = atoi(strings.TrimSpace(last)); err != nil {
			return errBad
		}
	}
	if c.localPort < 0 || c.localPort > math.MaxUint16 || c.lastPort < c.localPort || c.lastPort > math.MaxUint16 {
		return errBad
	}
	return nil
}

// addConnectTo is --connect-to HOST1:PORT1:HOST2:PORT2.
func (c *config) addConnectTo(v string) error {
	parts := strings.Split(v, ":")
	if len(parts) != 4 {
		return errBad
	}
	c.connectTo = append(c.connectTo, connectTo{parts[0], parts[1], parts[2], parts[3]})
	return nil
}

// addResolve is --resolve HOST:PORT:ADDRESS[,ADDRESS].
func (c *config) addResolve(v string) error {
	parts := strings.SplitN(v, ":", 3)
	if len(parts) != 3 {
		return errBad
	}
	var addrs []netip.Addr
	for text := range strings.SplitSeq(parts[2], ",") {
		a, err := netip.ParseAddr(strings.Trim(text, "[]"))
		if err != nil {
			return errBad
		}
		addrs = append(addrs, a)
	}
	c.resolve[strings.ToLower(parts[0])+":"+parts[1]] = addrs
	c.resolved = append(c.resolved, v)
	return nil
}

// setWriteOut is -w, whose value may be in a file.
func (p *parser) setWriteOut(v string) error {
	if file, ok := strings.CutPrefix(v, "@"); ok {
		b, err := p.read(file)
		if err != nil {
			return errUnread
		}
		v = string(b)
	}
	p.writeOut = v
	return nil
}

// maxData bounds what a command line reads from files.
const maxData = 64 << 20

// read reads a file, or standard input for "-".
func (p *parser) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(p.Stdin, maxData))
	}
	f, err := p.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxData))
}

// parseAddr is inet's, for hosts in URLs.
func parseAddr(host string) (netip.Addr, bool) { return inet.ParseAddr(strings.Trim(host, "[]")) }
