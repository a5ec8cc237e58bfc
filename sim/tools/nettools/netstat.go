package nettools

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A netstat is one run of the command.
type netstat struct {
	*command.Call
	tcp, udp, all, listening, v4, v6  bool
	numeric, processes, wide          bool
	routes, interfaces, help, version bool
	extended                          int
	names                             names
	services                          inet.Services
}

const netstatUsage = `usage: netstat [-ene46] -r         netstat {-V|--version|-h|--help}
       netstat [-Wnal] [<Socket> ...]
       netstat [-ena] -i

        -r, --route              display routing table
        -i, --interfaces         display interface table

        -W, --wide               don't truncate IP addresses
        -n, --numeric            don't resolve names
        -e, --extend             display other/more information
        -p, --programs           display PID/Program name for sockets

        -l, --listening          display listening server sockets
        -a, --all                display all sockets (default: connected)

  <Socket>={-t|--tcp} {-u|--udp}
  <AF>=Use '-6|-4'; default: inet
`

// Netstat is netstat(8).
func Netstat(_ context.Context, c *command.Call) int {
	n := &netstat{Call: c}
	if _, err := n.options(c.Args[1:]); err != nil {
		return c.Fail(3, "netstat: %v\n%s", err, netstatUsage)
	}
	switch {
	case n.help:
		c.Printf("%s", netstatUsage)
	case n.version:
		c.Printf("net-tools 2.10\n")
	case n.routes:
		return showRoutes(c, tableOptions{numeric: n.numeric, mss: n.extended == 0, both: n.extended > 1, v6: n.v6})
	case n.interfaces && n.extended > 0:
		return withInterfaces(c, func(list []sim.Interface) int {
			showInterfaces(c, list, n.all, "Kernel Interface table\n")
			return 0
		})
	case n.interfaces:
		return withInterfaces(c, func(list []sim.Interface) int {
			c.Printf("Kernel Interface table\n" + interfaceTable)
			printTable(c, list, n.all)
			return 0
		})
	default:
		return n.sockets()
	}
	return 0
}

func (n *netstat) options(args []string) (rest []string, err error) {
	flag := func(names string, is *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *is = true; return nil }}
	}
	return command.Getopt(args, []command.Option{
		flag("t tcp", &n.tcp), flag("u udp", &n.udp), flag("a all", &n.all), flag("l listening", &n.listening),
		flag("4 inet", &n.v4), flag("6 inet6", &n.v6), flag("n numeric", &n.numeric), flag("p programs", &n.processes),
		flag("W wide", &n.wide), flag("r route", &n.routes), flag("i interfaces", &n.interfaces),
		flag("h help", &n.help), flag("V version", &n.version),
		{Names: "e extend", Set: func(string, string) error { n.extended++; return nil }},
	})
}

// sockets prints those of TCP, then those of UDP, IPv4 first. Without -t and -u it also has
// the heads of a table of Unix sockets, of which there are none.
func (n *netstat) sockets() (status int) {
	m, ok := n.Machine.(interface{ Sockets() []sim.Socket })
	if !ok {
		return n.Fail(1, "netstat: no support for `AF INET (tcp)' on this system.\n")
	}
	if !n.numeric {
		n.names, n.services = readNames(n.Call), inet.ReadServices(n.Call)
	}
	family := n.v4 || n.v6
	unix := !n.tcp && !n.udp && !family
	if !n.tcp && !n.udp {
		n.tcp, n.udp = true, true
	}
	which := "w/o servers"
	switch {
	case n.all:
		which = "servers and established"
	case n.listening:
		which = "only servers"
	}
	program := ""
	if n.processes {
		program = "PID/Program name    "
	}
	n.Printf("Active Internet connections (%s)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       %s\n",
		which, program)
	list := slices.DeleteFunc(slices.Clone(m.Sockets()), func(s sim.Socket) bool { return !n.takes(s) })
	slices.SortStableFunc(list, func(a, b sim.Socket) int {
		return cmp.Or(cmp.Compare(a.Proto, b.Proto), number(a.IPv6)-number(b.IPv6),
			number(b.State == sim.SocketListening)-number(a.State == sim.SocketListening))
	})
	for _, s := range list {
		n.print(s)
	}
	if unix {
		if program != "" {
			program = " " + program
		}
		n.Printf("Active UNIX domain sockets (%s)\nProto RefCnt Flags       Type       State         I-Node  %s Path\n", which, program)
	}
	return 0
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// takes reports whether a socket is shown: with -l those that others can come to.
func (n *netstat) takes(s sim.Socket) bool {
	family := !n.v4 && !n.v6 || n.v4 && !s.IPv6 || n.v6 && s.IPv6
	if !family || s.Proto == "tcp" && !n.tcp || s.Proto == "udp" && !n.udp {
		return false
	}
	server := s.State == sim.SocketListening || s.Proto == "udp" && s.State == sim.SocketClosed
	return n.all || server == n.listening
}

func (n *netstat) print(s sim.Socket) {
	proto, state := s.Proto, s.State.String()
	if s.IPv6 {
		proto += "6"
	}
	if s.Proto == "udp" && s.State == sim.SocketClosed {
		state = ""
	}
	n.Printf("%-5s %6d %6d %-23s %-23s %-11s", proto, s.RecvQ, listenQueue(s), n.address(s, s.Local), n.address(s, s.Remote), state)
	if n.processes {
		owner := "-"
		if s.PID != 0 {
			owner = fmt.Sprintf("%d/%s", s.PID, s.Program)
		}
		n.Printf(" %-20.20s", owner)
	}
	n.Printf("\n")
}

// listenQueue is what netstat has under Send-Q: for listeners /proc/net/tcp does not say how
// long their queue may be.
func listenQueue(s sim.Socket) int {
	if s.State == sim.SocketListening {
		return 0
	}
	return s.SendQ
}

// address returns an address with its port in 23 columns, of which the port gets what it
// needs.
func (n *netstat) address(s sim.Socket, ap netip.AddrPort) string {
	host, port := ap.Addr().WithZone("").String(), fmt.Sprint(ap.Port())
	switch name := n.names[ap.Addr()]; {
	case !n.numeric && s.IPv6 && ap.Addr().IsUnspecified():
		host = "[::]"
	case !n.numeric && name != "" && !ap.Addr().IsUnspecified() && !(s.IPv6 && ap.Addr().Is4()):
		host = name
	}
	if service, ok := n.services.At(ap.Port(), s.Proto); ok {
		port = service.Name
	}
	if ap.Port() == 0 {
		port = "*"
	}
	if most := 23 - 1 - len(port); !n.wide && len(host) > most && most > 0 {
		host = host[:most]
	}
	return strings.Join([]string{host, port}, ":")
}
