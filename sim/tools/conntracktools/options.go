package conntracktools

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"drydock/nat/conntrack"
	"drydock/sim/tools/command"
)

// parse returns what args say. Each option is checked as it is met, and in the end
// whether the command goes with them: -F and -C have no filters. The words of its
// errors are conntrack's: it has getopt say nothing.
func parse(args []string) (*query, error) {
	q := &query{}
	rest, err := command.Getopt(args, q.options())
	var getopt *command.OptionError
	switch {
	case errors.As(err, &getopt) && getopt.Missing:
		return nil, fmt.Errorf("unknown argument %s", getopt.Arg)
	case errors.As(err, &getopt):
		return nil, fmt.Errorf("unknown option `%s'", getopt.Arg)
	case err != nil:
		return nil, err
	case len(rest) > 0 && rest[0] != "conntrack": // the table; the others are expect, dying and unconfirmed
		return nil, fmt.Errorf("unknown option `%s'", rest[0])
	case (q.command == 'F' || q.command == 'C') && q.last != "":
		return nil, fmt.Errorf("Illegal option `--%s' with this command\n", q.last)
	case q.command == 0:
		return nil, errors.New("You need to supply at least one command")
	}
	return q, nil
}

// options returns the options. All filters must match, one given twice as well: an
// option never undoes an earlier one. Options that the real conntrack has for what is
// not tracked here, zones and labels among them, are unknown.
func (q *query) options() []command.Option {
	verb := func(letter byte, long string) command.Option {
		return command.Option{Names: string(letter) + " " + long, Set: func(string, string) error {
			if q.command != 0 {
				return errors.New("Can't specify multiple commands")
			}
			q.command = letter
			return nil
		}}
	}
	add := func(names string, f filter) {
		q.filters = append(q.filters, f)
		q.last = names[strings.LastIndexByte(names, ' ')+1:]
	}
	flag := func(names string, f filter) command.Option {
		return command.Option{Names: names, Set: func(string, string) error {
			add(names, f)
			return nil
		}}
	}
	value := func(names string, parse func(value string) (filter, error)) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, value string) error {
			f, err := parse(value)
			add(names, f)
			return err
		}}
	}
	return []command.Option{
		verb('L', "dump"), verb('D', "delete"), verb('F', "flush"), verb('C', "count"),
		value("p proto protonum", protocol),
		{Names: "o output", Value: true, Set: q.setOutput},
		value("s orig-src src", address(func(e conntrack.Entry) netip.Addr { return e.Original.Src })),
		value("d orig-dst dst", address(func(e conntrack.Entry) netip.Addr { return e.Original.Dst })),
		value("r reply-src", address(func(e conntrack.Entry) netip.Addr { return e.Reply.Src })),
		value("q reply-dst", address(func(e conntrack.Entry) netip.Addr { return e.Reply.Dst })),
		value("sport orig-port-src", port(func(e conntrack.Entry) uint16 { return e.Original.SrcPort })),
		value("dport orig-port-dst", port(func(e conntrack.Entry) uint16 { return e.Original.DstPort })),
		value("state", func(value string) (filter, error) {
			return func(e conntrack.Entry) bool { return e.State.String() == value }, nil
		}),
		value("m mark", mark),
		flag("n src-nat", translated(true, false)), flag("g dst-nat", translated(false, true)), flag("j any-nat", translated(true, true)),
	}
}

// setOutput is -o, whose words are told apart by commas. Those for what is not kept here, ids,
// times and labels, and the other formats are refused.
func (q *query) setOutput(_, value string) error {
	for word := range strings.SplitSeq(value, ",") {
		if word != "extended" {
			return fmt.Errorf("Bad parameter `%s'", word)
		}
		q.extended = true
	}
	return nil
}

// port is the filters by ports. Connections of protocols without ports have port 0.
func port(of func(conntrack.Entry) uint16) func(value string) (filter, error) {
	return func(value string) (filter, error) {
		port, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("`%s' is not a port", value)
		}
		return func(e conntrack.Entry) bool { return of(e) == uint16(port) }, nil
	}
}

// mark is -m without a mask.
func mark(value string) (filter, error) {
	mark, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		return nil, fmt.Errorf("`%s' is not a mark", value)
	}
	return func(e conntrack.Entry) bool { return e.Mark == uint32(mark) }, nil
}

// protocols are those that conntrack tracks with ports of their own, and their numbers
// of IANA.
var protocols = map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}

// protocol is -p, by name or number. A number that nobody tracks finds nothing.
func protocol(value string) (filter, error) {
	number, ok := protocols[value]
	if !ok {
		n, err := strconv.ParseUint(value, 10, 8)
		if err != nil {
			return nil, fmt.Errorf("`%s' unsupported protocol", value)
		}
		number = uint8(n)
	}
	return func(e conntrack.Entry) bool { return e.Original.Proto == number }, nil
}

// address is the filters by addresses, of a host or of a network. A mask after the
// slash is a length only.
func address(of func(conntrack.Entry) netip.Addr) func(value string) (filter, error) {
	return func(value string) (filter, error) {
		prefix, err := netip.ParsePrefix(value)
		if err != nil {
			addr, err := netip.ParseAddr(value)
			if err != nil {
				return nil, fmt.Errorf("Invalid IP address `%s'", value)
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		return func(e conntrack.Entry) bool { return prefix.Contains(of(e)) }, nil
	}
}

// translated is -n, -g and -j. As the real command's they take every ICMP echo for
// translated.
func translated(source, destination bool) filter {
	return func(e conntrack.Entry) bool {
		o, r := e.Original, e.Reply
		echo := o.Proto == 1 || o.Proto == 58
		src := echo || o.Src != r.Dst || o.SrcPort != r.DstPort
		dst := echo || o.Dst != r.Src || o.DstPort != r.SrcPort
		return src && source || dst && destination
	}
}
