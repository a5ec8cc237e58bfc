package tools

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"drydock/nat"
	"drydock/nat/conntrack"
)

// Conntrack runs conntrack(8) of conntrack-tools 1.4.7 on the connections of tables,
// a host's Firewall: -L, -D, -F and -C with the filters -p, -s, -d, -q and -r of
// addresses, --sport, --dport, --state, -m, -n, -g and -j, and their long forms.
// Connections are listed in the order of their text, the kernel's being random.
func Conntrack(w io.Writer, tables *nat.Tables, args ...string) error {
	cmd, problem := parseConntrack(args)
	o := &output{w: w}
	if problem != "" {
		o.printf("conntrack v1.4.7 (conntrack-tools): %s\nTry `conntrack -h' or 'conntrack --help' for more information.\n", problem)
		return cmp.Or(o.err, error(&ExitError{Code: 2}))
	}
	cmd.run(o, tables)
	return o.err
}

// A conntrackCommand is a command with what it is about.
type conntrackCommand struct {
	command byte // one of LDFC
	filters []func(conntrack.Entry) bool
}

func (c *conntrackCommand) match(e conntrack.Entry) bool {
	return !slices.ContainsFunc(c.filters, func(f func(conntrack.Entry) bool) bool { return !f(e) })
}

func (c *conntrackCommand) run(o *output, tables *nat.Tables) {
	const prefix = "conntrack v1.4.7 (conntrack-tools): "
	var lines []string
	list := func(e conntrack.Entry) bool {
		if !c.match(e) {
			return false
		}
		lines = append(lines, e.String())
		return true
	}
	print := func(done string) {
		slices.Sort(lines)
		for _, line := range lines {
			o.printf("%s\n", line)
		}
		o.printf("%s%d flow entries have been %s.\n", prefix, len(lines), done)
	}
	switch c.command {
	case 'L':
		for e := range tables.Conns() {
			list(e)
		}
		print("shown")
	case 'D':
		tables.Forget(list)
		print("deleted")
	case 'F':
		tables.Forget(func(conntrack.Entry) bool { return true })
		o.printf("%sconnection tracking table has been emptied.\n", prefix)
	case 'C':
		n := 0
		for range tables.Conns() {
			n++
		}
		o.printf("%d\n", n)
	}
}

// conntrackLong are the short names of long options.
var conntrackLong = map[string]string{
	"--dump": "-L", "--delete": "-D", "--flush": "-F", "--count": "-C",
	"--proto": "-p", "--protonum": "-p", "--src": "-s", "--orig-src": "-s", "--dst": "-d", "--orig-dst": "-d",
	"--reply-src": "-r", "--reply-dst": "-q", "--mark": "-m",
	"--src-nat": "-n", "--dst-nat": "-g", "--any-nat": "-j",
	"--orig-port-src": "--sport", "--orig-port-dst": "--dport",
}

// parseConntrack returns what args say, or what is wrong with them.
func parseConntrack(args []string) (*conntrackCommand, string) {
	cmd := &conntrackCommand{}
	for len(args) > 0 {
		option, value, hasValue := strings.Cut(args[0], "=")
		given := option
		args = args[1:]
		option = cmp.Or(conntrackLong[option], option)
		switch option {
		case "-L", "-D", "-F", "-C":
			if cmd.command != 0 {
				return nil, "Can't specify multiple commands"
			}
			cmd.command = option[1]
			continue
		case "-n", "-g", "-j":
			cmd.filters = append(cmd.filters, translated(option))
			continue
		}
		if !hasValue {
			if len(args) == 0 {
				return nil, fmt.Sprintf("unknown argument %s", given)
			}
			value, args = args[0], args[1:]
		}
		f, problem := conntrackFilter(option, value)
		if f == nil {
			return nil, cmp.Or(problem, fmt.Sprintf("unknown option `%s'", given))
		}
		cmd.filters = append(cmd.filters, f)
	}
	if cmd.command == 0 {
		return nil, "You need to supply at least one command"
	}
	return cmd, ""
}

// conntrackFilter returns the filter of an option, or what is wrong with its value.
func conntrackFilter(option, value string) (f func(conntrack.Entry) bool, problem string) {
	switch option {
	case "-p":
		return protocolFilter(value)
	case "-s", "-d", "-r", "-q":
		return addressFilter(option, value)
	case "--sport", "--dport":
		port, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return nil, fmt.Sprintf("`%s' is not a port", value)
		}
		if option == "--sport" {
			return func(e conntrack.Entry) bool { return e.Original.SrcPort == uint16(port) }, ""
		}
		return func(e conntrack.Entry) bool { return e.Original.DstPort == uint16(port) }, ""
	case "--state":
		return func(e conntrack.Entry) bool { return e.State.String() == value }, ""
	case "-m":
		mark, err := strconv.ParseUint(value, 0, 32)
		if err != nil {
			return nil, fmt.Sprintf("`%s' is not a mark", value)
		}
		return func(e conntrack.Entry) bool { return e.Mark == uint32(mark) }, ""
	}
	return nil, ""
}

func protocolFilter(value string) (func(conntrack.Entry) bool, string) {
	number, ok := map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}[value]
	if !ok {
		n, err := strconv.ParseUint(value, 10, 8)
		if err != nil {
			return nil, fmt.Sprintf("`%s' unsupported protocol", value)
		}
		number = uint8(n)
	}
	return func(e conntrack.Entry) bool { return e.Original.Proto == number }, ""
}

func addressFilter(option, value string) (func(conntrack.Entry) bool, string) {
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		addr, err := netip.ParseAddr(value)
		if err != nil {
			return nil, fmt.Sprintf("Invalid IP address `%s'", value)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	return func(e conntrack.Entry) bool {
		addr := map[string]netip.Addr{
			"-s": e.Original.Src, "-d": e.Original.Dst, "-r": e.Reply.Src, "-q": e.Reply.Dst,
		}[option]
		return prefix.Contains(addr)
	}, ""
}

// translated is -n, -g and -j. As the real command's they take every ICMP echo for
// translated.
func translated(option string) func(conntrack.Entry) bool {
	return func(e conntrack.Entry) bool {
		o, r := e.Original, e.Reply
		echo := o.Proto == 1 || o.Proto == 58
		src := echo || o.Src != r.Dst || o.SrcPort != r.DstPort
		dst := echo || o.Dst != r.Src || o.DstPort != r.SrcPort
		return src && option != "-g" || dst && option != "-n"
	}
}
