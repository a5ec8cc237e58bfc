package iproute2

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A machine is what ip shows.
type machine interface {
	Interfaces() []sim.Interface
	Routes() []sim.Route
	Neighbours() []sim.Neighbour
	PathMTU(dst netip.Addr) (mtu int, expires time.Duration)
}

// An administrator is a machine that ip can change.
type administrator interface {
	machine
	AddAddr(dev string, addr netip.Prefix) error
	DeleteAddr(dev string, addr netip.Prefix) error
	FlushPathMTUs() error
	SetUp(dev string, up bool) error
	SetMTU(dev string, mtu int) error
	AddRouteSpec(sim.Route) error
	ReplaceRoute(sim.Route) error
	DeleteRouteSpec(sim.Route) error
	AddNeighbour(dev string, ip netip.Addr, mac net.HardwareAddr) error
	DeleteNeighbour(dev string, ip netip.Addr) error
}

// An ip is one run of the command.
type ip struct {
	*command.Call
	m     machine
	admin administrator // of a machine that cannot be changed all changes are refused

	family        int // 4, 6 or 0
	stats         int // how often -s was given
	json, pretty  bool
	brief, single bool
}

// A verb is a second argument of ip, with its names; a prefix of one means the first verb that
// has a name which begins so.
type verb struct {
	names string
	run   func(p *ip, args []string) error
}

// An object is a first argument of ip. Its first verb is the one without which it is shown.
type object struct {
	name, usage string
	verbs       []verb
}

// objects are those that ip has here, in its order: "a" is address and "n" is neighbor.
var objects = []object{
	{"address", addressUsage, []verb{
		{"show lst list", (*ip).showAddresses}, {"add", changeAddress("add")}, {"change chg", changeAddress("replace")},
		{"replace", changeAddress("replace")}, {"delete", changeAddress("del")}, {"flush", (*ip).flushAddresses},
	}},
	{"link", linkUsage, []verb{
		{"show lst list", (*ip).showLinks}, {"set", (*ip).setLink}, {"change", (*ip).setLink},
		{"add", (*ip).addLink}, {"delete", (*ip).deleteLink},
	}},
	{"neighbor", neighbourUsage, neighbourVerbs}, {"neighbour", neighbourUsage, neighbourVerbs},
	{"route", routeUsage, []verb{
		{"show list lst", (*ip).showRoutes}, {"get", (*ip).getRoute}, {"add", changeRoute("add")}, {"change chg", changeRoute("change")},
		{"replace", changeRoute("replace")}, {"delete", changeRoute("del")}, {"flush", (*ip).flushRoutes},
	}},
	{"rule", ruleUsage, []verb{{"show lst list", (*ip).showRules}}},
}

// A failure is how ip ends: with a text on standard error and a status.
type failure struct {
	status int
	text   string // with its newline
}

func (f failure) Error() string { return f.text }

// exit is what iproute2's exit(-1) is to the caller.
const exit = 255

func fail(status int, text string) error { return failure{status, text + "\n"} }

var errIncomplete = fail(exit, `Command line is not complete. Try option "help"`)

// IP is ip(8).
func IP(_ context.Context, c *command.Call) int {
	p := &ip{Call: c}
	args, err := p.options(c.Args[1:])
	if err == nil {
		err = p.run(args)
	}
	return report(c, err)
}

// report tells of a failure and returns its status.
func report(c *command.Call, err error) (status int) {
	var f failure
	switch {
	case err == nil || errors.Is(err, errDone):
		return 0
	case errors.As(err, &f):
		return c.Fail(f.status, "%s", f.text)
	}
	return c.Fail(1, "%v\n", err)
}

// errDone ends ip after an option that is all of it.
var errDone = errors.New("done")

// options reads those that come before the object.
func (p *ip) options(args []string) (rest []string, err error) {
	for ; len(args) > 0 && strings.HasPrefix(args[0], "-"); args = args[1:] {
		opt := args[0]
		if strings.HasPrefix(opt, "--") {
			opt = opt[1:]
		}
		switch {
		case opt == "-":
			return args[1:], nil
		case opt == "-4":
			p.family = 4
		case opt == "-6":
			p.family = 6
		case is(opt, "-family") && len(args) > 1 && (args[1] == "inet" || args[1] == "inet6"):
			p.family = map[string]int{"inet": 4, "inet6": 6}[args[1]]
			args = args[1:]
		case is(opt, "-stats") || is(opt, "-statistics"):
			p.stats++
		case is(opt, "-oneline"):
			p.single = true
		case is(opt, "-json"):
			p.json = true
		case is(opt, "-pretty"):
			p.pretty = true
		case len(opt) > 2 && is(opt, "-brief"):
			p.brief = true
		case is(opt, "-color") || slices.Contains([]string{"-color=always", "-color=auto", "-color=never"}, opt):
		case is(opt, "-Version"):
			p.Printf("ip utility, iproute2-6.1.0, libbpf 1.1.2\n")
			return nil, errDone
		case is(opt, "-help"):
			return nil, failure{exit, usage}
		default:
			return nil, fail(exit, `Option "`+args[0]+`" is unknown, try "ip -help".`)
		}
	}
	return args, nil
}

// is tells whether word means name: iproute2 takes every prefix, of options with the dash.
func is(word, name string) bool {
	return word != "" && word != "-" && strings.HasPrefix(name, word)
}

// run looks at objects and commands before it opens a netlink socket, so that a wrong line is
// told everywhere.
func (p *ip) run(args []string) error {
	if len(args) == 0 || is(args[0], "help") {
		return failure{exit, usage}
	}
	i := slices.IndexFunc(objects, func(o object) bool { return is(args[0], o.name) })
	if i < 0 {
		return fail(1, `Object "`+args[0]+`" is unknown, try "ip help".`)
	}
	o, args := objects[i], args[1:]
	v := o.verbs[0]
	if len(args) > 0 {
		if is(args[0], "help") {
			return failure{exit, o.usage}
		}
		found, ok := findVerb(o.verbs, args[0])
		if !ok {
			return fail(exit, `Command "`+args[0]+`" is unknown, try "ip `+strings.Replace(o.name, "neighbor", "neigh", 1)+` help".`)
		}
		v, args = found, args[1:]
	}
	var ok bool
	if p.m, ok = p.Machine.(machine); !ok {
		return fail(1, "Cannot open netlink socket: Protocol not supported")
	}
	p.admin, _ = p.Machine.(administrator)
	return v.run(p, args)
}

func findVerb(verbs []verb, word string) (verb, bool) {
	for _, v := range verbs {
		for name := range strings.FieldsSeq(v.names) {
			if is(word, name) {
				return v, true
			}
		}
	}
	return verb{}, false
}

// change calls do for a machine that can be changed, and returns its error in the kernel's
// words.
func (p *ip) change(do func(administrator) error) error {
	if p.admin == nil {
		return refused(syscall.EPERM)
	}
	return kernel(do(p.admin))
}

// refused is an error of the kernel that iproute2 prints by its number.
func refused(errno syscall.Errno) error {
	return fail(2, "RTNETLINK answers: "+inet.Strerror(errno))
}

// kernel returns an error of package sim as iproute2 has it.
func kernel(err error) error {
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return refused(errno)
	}
	return err
}

// link returns an interface by its name.
func (p *ip) link(name string) (sim.Interface, error) {
	for _, i := range p.m.Interfaces() {
		if i.Name == name {
			return i, nil
		}
	}
	return sim.Interface{}, fail(1, `Cannot find device "`+name+`"`)
}

// An arguments reads the words of a command line.
type arguments []string

// next returns the next word.
func (a *arguments) next() (string, bool) {
	if len(*a) == 0 {
		return "", false
	}
	word := (*a)[0]
	*a = (*a)[1:]
	return word, true
}

// value returns the word that must follow.
func (a *arguments) value() (string, error) {
	word, ok := a.next()
	if !ok {
		return "", errIncomplete
	}
	return word, nil
}

// parsePrefix returns an address with its length, or the whole of one without; "default",
// "any" and "all" are all addresses of a family.
func parsePrefix(s string, family int) (netip.Prefix, error) {
	if s == "default" || s == "any" || s == "all" {
		if family == 6 {
			return netip.PrefixFrom(netip.IPv6Unspecified(), 0), nil
		}
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), nil
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" && fits(a, family) {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	if n, err := netip.ParsePrefix(s); err == nil && fits(n.Addr(), family) {
		return n, nil
	}
	return netip.Prefix{}, fail(1, `Error: any valid prefix is expected rather than "`+s+`".`)
}

func fits(a netip.Addr, family int) bool {
	return family == 0 || a.Is4() == (family == 4)
}

// parseAddr returns an address.
func parseAddr(s string, family int) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" || !fits(a, family) {
		kind := map[int]string{0: "inet", 4: "inet", 6: "inet6"}[family]
		return a, fail(1, "Error: "+kind+` address is expected rather than "`+s+`".`)
	}
	return a, nil
}

func duplicate(name, word string) error {
	return fail(exit, `Error: either "`+name+`" is duplicate, or "`+word+`" is a garbage.`)
}

func wrong(word, problem string) error {
	return failure{exit, `Error: argument "` + word + `" is wrong: ` + problem + "\n\n"}
}
