package iproute2

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

// A socketStat is one run of ss.
type socketStat struct {
	*command.Call
	tcp, udp, all, listening    bool
	v4, v6, numeric, processes  bool
	noHeader, summary, complete bool
	states                      stateSet // of the filter; 0: those of the options
	filter                      func(sim.Socket) bool
	services                    inet.Services
}

const ssUsage = `Usage: ss [ OPTIONS ]
       ss [ OPTIONS ] [ FILTER ]
   -h, --help          this message
   -V, --version       output version information
   -n, --numeric       don't resolve service names
   -a, --all           display all sockets
   -l, --listening     display listening sockets
   -p, --processes     show process using socket
   -s, --summary       show socket usage summary

   -4, --ipv4          display only IP version 4 sockets
   -6, --ipv6          display only IP version 6 sockets
   -t, --tcp           display only TCP sockets
   -u, --udp           display only UDP sockets

   -H, --no-header     Suppress header line
   -O, --oneline       socket's data printed on a single line

       FILTER := [ state STATE-FILTER ] [ EXPRESSION ]
       STATE-FILTER := {all|connected|synchronized|bucket|big|TCP-STATES}
         TCP-STATES := {established|syn-sent|syn-recv|fin-wait-{1,2}|time-wait|closed|close-wait|last-ack|listening|closing}
`

// SS is ss(8).
func SS(_ context.Context, c *command.Call) int {
	s := &socketStat{Call: c}
	rest, err := s.options(c.Args[1:])
	if err == nil && !s.complete {
		err = s.parseFilter(rest)
	}
	switch {
	case err != nil:
		return report(c, err)
	case s.complete:
		return 0
	}
	m, ok := c.Machine.(interface{ Sockets() []sim.Socket })
	if !ok {
		return c.Fail(1, "Cannot open netlink socket: Protocol not supported\n")
	}
	if !s.numeric {
		s.services = inet.ReadServices(c)
	}
	s.show(m.Sockets())
	return 0
}

func (s *socketStat) options(args []string) (rest []string, err error) {
	flag := func(names string, is *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *is = true; return nil }}
	}
	var version, help, oneline bool
	rest, err = command.Getopt(args, []command.Option{
		flag("t tcp", &s.tcp), flag("u udp", &s.udp), flag("a all", &s.all), flag("l listening", &s.listening),
		flag("4 ipv4", &s.v4), flag("6 ipv6", &s.v6), flag("n numeric", &s.numeric), flag("p processes", &s.processes),
		flag("H no-header", &s.noHeader), flag("s summary", &s.summary), flag("O oneline", &oneline),
		flag("V version", &version), flag("h help", &help),
	})
	switch {
	case err != nil:
		return nil, failure{exit, "ss: " + err.Error() + "\n" + ssUsage}
	case help:
		s.Printf("%s", ssUsage)
	case version:
		s.Printf("ss utility, iproute2-6.1.0\n")
	}
	s.complete = help || version
	if !s.tcp && !s.udp {
		s.tcp, s.udp = true, true
	}
	return rest, nil
}

// A stateSet is states of sockets, a bit for each.
type stateSet uint

func setOf(states ...sim.SocketState) (set stateSet) {
	for _, s := range states {
		set |= 1 << s
	}
	return set
}

const allStates stateSet = 1<<(sim.SocketClosing+1) - 2

// wanted returns the states that are shown. Without options TCP sockets with a peer are, and
// UDP sockets with one.
func (s *socketStat) wanted() stateSet {
	switch {
	case s.states != 0:
		return s.states
	case s.all:
		return allStates
	case s.listening:
		return setOf(sim.SocketListening, sim.SocketClosed)
	case !s.tcp:
		return setOf(sim.SocketEstablished)
	}
	return allStates &^ setOf(sim.SocketListening, sim.SocketClosed, sim.SocketTimeWait, sim.SocketSynReceived)
}

// show prints the sockets in the kernel's order: UDP, then TCP; IPv4 first; listeners first.
func (s *socketStat) show(list []sim.Socket) {
	if s.summary {
		s.printSummary(list)
		return
	}
	states := s.wanted()
	list = slices.DeleteFunc(list, func(k sim.Socket) bool {
		return !s.has(k) || states&setOf(k.State) == 0 || s.filter != nil && !s.filter(k)
	})
	slices.SortStableFunc(list, func(a, b sim.Socket) int {
		return cmp.Or(-strings.Compare(a.Proto, b.Proto), number(a.IPv6)-number(b.IPv6),
			number(b.State == sim.SocketListening)-number(a.State == sim.SocketListening))
	})
	s.print(list, s.tcp && s.udp, states&(states-1) != 0)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// has reports whether a socket is one of those that the options ask for.
func (s *socketStat) has(k sim.Socket) bool {
	family := !s.v4 && !s.v6 || s.v4 && !k.IPv6 || s.v6 && k.IPv6
	return family && (k.Proto == "tcp" && s.tcp || k.Proto == "udp" && s.udp)
}

// print prints columns as wide as what is in them.
func (s *socketStat) print(list []sim.Socket, netid, state bool) {
	header := []string{"Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"}
	rows := [][]string{header}
	for _, k := range list {
		local, localPort := s.address(k, k.Local)
		remote, remotePort := s.address(k, k.Remote)
		rows = append(rows, []string{
			k.Proto, stateName(k), fmt.Sprint(k.RecvQ), fmt.Sprint(k.SendQ), local + ":", localPort, remote + ":", remotePort, s.process(k),
		})
	}
	width := make([]int, len(header))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	if s.noHeader {
		rows = rows[1:]
		width = make([]int, len(header))
		for _, row := range rows {
			for i, cell := range row {
				width[i] = max(width[i], len(cell))
			}
		}
	}
	for _, row := range rows {
		s.Printf("%s\n", line(row, width, netid, state))
	}
}

// line joins the columns. Addresses stand at the right of theirs, and their ports follow
// without a space.
func line(row []string, width []int, netid, state bool) string {
	var b strings.Builder
	for i, cell := range row {
		switch {
		case i == 0 && !netid || i == 1 && !state:
			continue
		case b.Len() > 0 && i != 5 && i != 7 && i != 8:
			b.WriteString(" ")
		}
		if i == 4 || i == 6 {
			fmt.Fprintf(&b, "%*s", width[i], cell)
		} else {
			fmt.Fprintf(&b, "%-*s", width[i], cell)
		}
	}
	return b.String()
}

// stateName is what ss calls a state.
func stateName(k sim.Socket) string {
	switch k.State {
	case sim.SocketEstablished:
		return "ESTAB"
	case sim.SocketClosed:
		return "UNCONN"
	case sim.SocketFinWait1:
		return "FIN-WAIT-1"
	case sim.SocketFinWait2:
		return "FIN-WAIT-2"
	}
	return strings.ReplaceAll(k.State.String(), "_", "-")
}

// address returns an address and a port as ss has them.
func (s *socketStat) address(k sim.Socket, ap netip.AddrPort) (addr, port string) {
	switch a := ap.Addr(); {
	case k.IPv6 && a.IsUnspecified() && !k.IPv6Only:
		addr = "*" // of IPv4 as well
	case k.IPv6 && a.Is4():
		addr = "[::ffff:" + a.String() + "]"
	case a.Is6() && a.Zone() != "":
		addr = "[" + a.WithZone("").String() + "]%" + a.Zone()
	case a.Is6():
		addr = "[" + a.String() + "]"
	default:
		addr = a.String()
	}
	switch service, ok := s.services.At(ap.Port(), k.Proto); {
	case ap.Port() == 0:
		port = "*"
	case ok:
		port = service.Name
	default:
		port = fmt.Sprint(ap.Port())
	}
	return addr, port
}

func (s *socketStat) process(k sim.Socket) string {
	if !s.processes || k.PID == 0 {
		return ""
	}
	return fmt.Sprintf(" users:((%q,pid=%d,fd=%d))", k.Program, k.PID, k.FD)
}

func (s *socketStat) printSummary(list []sim.Socket) {
	var udp, tcp [2]int
	estab, closed, wait := 0, 0, 0
	total := 0
	for _, k := range list {
		counts := &tcp
		if k.Proto == "udp" {
			counts = &udp
		}
		switch {
		case k.Proto == "tcp" && k.State == sim.SocketTimeWait: // which is no socket any more
			closed++
			wait++
			continue
		case k.Proto == "tcp" && k.State == sim.SocketEstablished:
			estab++
		}
		counts[number(k.IPv6)]++
		total++
	}
	t := tcp[0] + tcp[1]
	s.Printf("Total: %d\nTCP:   %d (estab %d, closed %d, orphaned 0, timewait %d)\n\n", total, t+wait, estab, closed, wait)
	s.Printf("Transport Total     IP        IPv6\n")
	for _, row := range []struct {
		name string
		n    [2]int
	}{{"RAW", [2]int{}}, {"UDP", udp}, {"TCP", tcp}, {"INET", [2]int{udp[0] + tcp[0], udp[1] + tcp[1]}}, {"FRAG", [2]int{}}} {
		s.Printf("%s\t  %-9d %-9d %-9d\n", row.name, row.n[0]+row.n[1], row.n[0], row.n[1])
	}
	s.Printf("\n")
}
