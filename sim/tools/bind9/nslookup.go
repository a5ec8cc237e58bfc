package bind9

import (
	"bufio"
	"context"
	"errors"
	"net/netip"
	"strings"

	"drydock/sim/tools/command"

	"github.com/miekg/dns"
)

// A nsRun is one run of nslookup.
type nsRun struct {
	*resolver
	kind, class uint16
	given       bool // kind was given
	search      bool
	recurse     bool
	failed      bool // a server said that there is no such name
	reached     bool // a server replied
}

const nslookupUsage = `Usage:
   nslookup [-opt ...]             # interactive mode using default server
   nslookup [-opt ...] - server    # interactive mode using 'server'
   nslookup [-opt ...] host        # just look up 'host' using default server
   nslookup [-opt ...] host server # just look up 'host' using 'server'
`

// Nslookup is nslookup(1).
func Nslookup(ctx context.Context, c *command.Call) int {
	n := &nsRun{resolver: newResolver(ctx, c, 3), kind: dns.TypeA, class: dns.ClassINET, search: true, recurse: true}
	n.nextServer, n.comments = true, true
	n.told = func(s server, last bool) {
		next := ", trying next server"
		if last {
			next = ""
		}
		n.Printf(";; Got SERVFAIL reply from %s%s\n", s.addr, next)
	}
	var words []string
	for _, arg := range c.Args[1:] {
		switch option, is := strings.CutPrefix(arg, "-"); {
		case is && option == "version":
			c.Printf("nslookup %s\n", release)
			return 0
		case is && option != "":
			n.set(option)
		default:
			words = append(words, arg)
		}
	}
	if len(words) > 2 {
		return c.Fail(1, nslookupUsage)
	}
	if n.refuses() {
		return digFatal
	}
	if len(words) == 2 {
		if err := n.addServer(words[1]); err != nil {
			return c.Fail(1, "nslookup: %v\n", err)
		}
	}
	if len(words) == 0 || words[0] == "-" {
		return n.interactive()
	}
	n.lookUp(words[0])
	return n.status()
}

// status is that of what has been looked up.
func (n *nsRun) status() int {
	switch {
	case n.ctx.Err() != nil:
		return command.Interrupted(n.ctx)
	case n.failed || !n.reached:
		return 1
	}
	return 0
}

// maxLine is nslookup's COMMSIZE.
const maxLine = 0xffff

// interactive runs lines of input.
func (n *nsRun) interactive() int {
	terminal := command.TerminalOf(n.Stdin) != nil
	lines := bufio.NewScanner(n.Stdin)
	lines.Buffer(nil, maxLine)
	for n.ctx.Err() == nil {
		if terminal {
			n.Printf("> ")
		}
		if !lines.Scan() {
			n.Printf("\n")
			break
		}
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if strings.EqualFold(words[0], "exit") {
			break
		}
		n.line(words)
	}
	return n.status()
}

// line is a line of input.
func (n *nsRun) line(words []string) {
	switch verb := strings.ToLower(words[0]); {
	case verb == "set" && len(words) > 1:
		n.set(words[1])
	case (verb == "server" || verb == "lserver") && len(words) > 1:
		before := n.servers
		n.servers = nil
		if err := n.addServer(words[1]); err != nil {
			n.servers = before
			n.Printf("nslookup: %v\n", err)
			return
		}
		n.Printf("Default server: %s\nAddress: %s#%d\n", words[1], n.servers[0].addr, n.port)
	case len(words) > 1:
		before := n.servers
		n.servers = nil
		if err := n.addServer(words[1]); err == nil {
			n.lookUp(words[0])
		} else {
			n.Printf("nslookup: %v\n", err)
		}
		n.servers = before
	default:
		n.lookUp(words[0])
	}
}

// lookUp looks a name up: of type A and then AAAA unless another type was asked for.
func (n *nsRun) lookUp(name string) {
	names, kind := candidates(n.conf, name), n.kind
	if !n.search {
		names = []string{dns.Fqdn(name)}
	}
	_, err := netip.ParseAddr(name)
	address := err == nil
	if address {
		arpa, _ := reverse(name)
		names, kind = []string{arpa}, dns.TypePTR
	}
	got, name, err := n.first(names, kind, name)
	if err != nil {
		n.nobody(err)
		return
	}
	var more *reply
	if !n.given && !address && got.msg.Rcode == dns.RcodeSuccess {
		more, _, err = n.first([]string{name}, dns.TypeAAAA, name)
	}
	n.show(got, more, name, address)
	if err != nil {
		n.nobody(err)
	}
}

// first asks for one name after the other until one exists.
func (n *nsRun) first(names []string, kind uint16, typed string) (got *reply, name string, err error) {
	for _, name = range names {
		if _, ok := dns.IsDomainName(name); !ok || strings.Contains(name, "..") {
			continue
		}
		m := new(dns.Msg)
		m.Id, m.RecursionDesired = uint16(n.Process().Random()), n.recurse
		m.Question = []dns.Question{{Name: name, Qtype: kind, Qclass: n.class}}
		if got, err = n.ask(m, typed); err != nil || got.msg.Rcode != dns.RcodeNameError {
			return got, name, err
		}
	}
	if got == nil {
		n.Errorf("%s: '%s' is not a legal name (%s)\n", n.Args[0], typed, badName(typed))
		err = errBadName
	}
	return got, name, err
}

var errBadName = errors.New("not a legal name")

func (n *nsRun) nobody(err error) {
	n.failed = true
	if !errors.Is(err, errNobody) {
		return
	}
	if !n.setup {
		n.Printf(";; %v\n", errNobody)
	}
	n.Printf("\n")
}
