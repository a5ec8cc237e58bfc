package bind9

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"drydock/sim/tools/command"

	"github.com/miekg/dns"
)

const hostUsage = `Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
       -a is equivalent to -v -t ANY
       -c specifies query class for non-IN data
       -d is equivalent to -v
       -N changes the number of dots allowed before root lookup is done
       -p specifies the port on the server to query
       -r disables recursive processing
       -R specifies number of retries for UDP packets
       -s a SERVFAIL response should stop query
       -t specifies the query type
       -T enables TCP/IP mode
       -U enables UDP mode
       -v enables verbose output
       -V print version number and exit
       -w specifies to wait forever for a reply
       -W specifies how long to wait for a reply
       -4 use IPv4 query transport only
       -6 use IPv6 query transport only
`

// A hostRun is one run of host.
type hostRun struct {
	*resolver
	kind, class uint16
	given       bool // kind was given
	verbose     bool
	version     bool
	udp         bool
	recurse     bool
	told        bool // which server is asked
	asked       string
}

// Host is host(1).
func Host(ctx context.Context, c *command.Call) int {
	h := &hostRun{resolver: newResolver(ctx, c, 2), kind: dns.TypeA, class: dns.ClassINET, recurse: true}
	h.nextServer = true
	words, err := command.Getopt(c.Args[1:], h.options())
	var unknown *command.OptionError
	var f *flaw
	switch {
	case errors.As(err, &unknown) && unknown.Missing:
		return c.Fail(1, "host: option requires an argument -- %s\n%s", unknown.Arg[1:], hostUsage)
	case errors.As(err, &unknown):
		return c.Fail(1, "host: illegal option -- %s\n%s", strings.TrimLeft(unknown.Arg, "-"), hostUsage)
	case errors.As(err, &f):
		return c.Fail(f.status, "%s", f.text)
	case h.version:
		c.Errorf("host %s\n", release)
		return 0
	case len(words) == 0 || len(words) > 2:
		return c.Fail(1, hostUsage)
	}
	if h.refuses() {
		return digFatal
	}
	if len(words) == 2 {
		if h.asked = words[1]; h.addServer(h.asked) != nil {
			return c.Fail(1, "host: couldn't get address for '%s': not found\n", h.asked)
		}
	}
	h.tcp = h.tcp || h.kind == dns.TypeANY && !h.udp
	return h.lookUp(words[0])
}

func (h *hostRun) options() []command.Option {
	flag := func(name string, set func()) command.Option {
		return command.Option{Names: name, Set: func(string, string) error { set(); return nil }}
	}
	number := func(name, what string, set func(n int)) command.Option {
		return command.Option{Names: name, Value: true, Set: func(_, v string) error {
			n, err := parseNumber(what, v, math.MaxUint16, 1)
			set(n)
			return err
		}}
	}
	verbose := func() { h.verbose = true }
	return []command.Option{
		flag("a", func() { h.verbose, h.kind, h.given = true, dns.TypeANY, true }),
		flag("d", verbose), flag("v", verbose),
		flag("r", func() { h.recurse = false }), flag("s", func() { h.nextServer = false }),
		flag("T", func() { h.tcp = true }), flag("U", func() { h.udp = true }),
		flag("V", func() { h.version = true }), flag("w", func() { h.timeout = math.MaxInt32 * time.Second }),
		flag("4", func() { h.family = 4 }), flag("6", func() { h.family = 6 }),
		number("N", "ndots", func(n int) { h.conf.Options = append(h.conf.Options, ndotsOption(n)) }),
		number("p", "port number", func(n int) { h.port = n }),
		number("R", "retries", func(n int) { h.tries = n + 1 }),
		number("W", "timeout", func(n int) { h.timeout = time.Duration(max(n, 1)) * time.Second }),
		{Names: "t", Value: true, Set: func(_, v string) (err error) {
			if h.kind, h.given = typeOf(v); !h.given {
				err = &flaw{2, "host: invalid type: " + v + "\n\n"}
			}
			return err
		}},
		{Names: "c", Value: true, Set: func(_, v string) (err error) {
			var ok bool
			if h.class, ok = classOf(v); !ok {
				err = &flaw{2, "host: invalid class: " + v + "\n\n"}
			}
			return err
		}},
	}
}

// lookUp looks a name up: of A, and if it exists then what it is an alias for of AAAA and
// MX, unless a type was asked for.
func (h *hostRun) lookUp(typed string) int {
	names, kinds := candidates(h.conf, typed), []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeMX}
	if h.given {
		kinds = []uint16{h.kind}
	}
	if a, err := netip.ParseAddr(typed); err == nil && !h.given {
		arpa, _ := reverse(typed)
		names, kinds, typed = []string{arpa}, []uint16{dns.TypePTR}, arpa
		if a.Is6() {
			typed = withoutDot(arpa)
		}
	}
	for _, kind := range kinds {
		got, name, err := h.first(names, kind, typed)
		switch {
		case h.ctx.Err() != nil:
			return command.Interrupted(h.ctx)
		case err == errBadName:
			return h.Fail(1, "host: '%s' is not a legal name (%s)\n", typed, badName(typed))
		case err != nil && !h.setup:
			h.Printf(";; %v\n", errNobody)
			return 1
		case err != nil:
			return 1
		}
		if !h.show(got, typed, len(kinds) == 1) {
			return 1
		}
		names = []string{target(got.msg, name)}
	}
	return 0
}

// target returns the name at the end of the aliases of a reply.
func target(m *dns.Msg, name string) string {
	for _, rr := range m.Answer {
		if c, ok := rr.(*dns.CNAME); ok && strings.EqualFold(c.Hdr.Name, name) {
			name = c.Target
		}
	}
	return name
}

// first asks for one name after the other until one exists.
func (h *hostRun) first(names []string, kind uint16, typed string) (got *reply, name string, err error) {
	for _, name = range names {
		if _, ok := dns.IsDomainName(name); !ok || strings.Contains(name, "..") {
			continue
		}
		if h.verbose {
			h.Printf("Trying \"%s\"\n", withoutDot(name))
		}
		m := new(dns.Msg)
		m.Id, m.RecursionDesired = uint16(h.Process().Random()), h.recurse
		m.Question = []dns.Question{{Name: name, Qtype: kind, Qclass: h.class}}
		if got, err = h.ask(m, typed); err != nil || got.msg.Rcode != dns.RcodeNameError {
			return got, name, err
		}
	}
	if got == nil {
		err = errBadName
	}
	return got, name, err
}

// show prints a reply and tells whether the name exists.
func (h *hostRun) show(got *reply, typed string, only bool) (exists bool) {
	m := got.msg
	if h.asked != "" && !h.told {
		h.told = true
		h.Printf("Using domain server:\nName: %s\nAddress: %s#%d\nAliases: \n\n", h.asked, got.server.addr, h.port)
	}
	if m.Rcode != dns.RcodeSuccess {
		if m.Rcode != dns.RcodeNameError {
			typed = withoutDot(got.asked.Name)
		}
		h.Printf("Host %s not found: %d(%s)\n", typed, m.Rcode, rcode(m))
		return false
	}
	switch {
	case h.verbose:
		h.showAll(got)
	case len(m.Answer) == 0 && only:
		q := got.asked
		h.Printf("%s has no %s record\n", withoutDot(q.Name), dns.Type(q.Qtype))
	default:
		for _, rr := range m.Answer {
			h.Printf("%s\n", sentence(rr))
		}
	}
	return true
}

// sentence returns what host says of a record.
func sentence(rr dns.RR) string {
	verb := "has " + dns.Type(rr.Header().Rrtype).String() + " record"
	switch rr.(type) {
	case *dns.A:
		verb = "has address"
	case *dns.AAAA:
		verb = "has IPv6 address"
	case *dns.CNAME:
		verb = "is an alias for"
	case *dns.MX:
		verb = "mail is handled by"
	case *dns.NS:
		verb = "name server"
	case *dns.PTR:
		verb = "domain name pointer"
	case *dns.TXT:
		verb = "descriptive text"
	}
	return fmt.Sprintf("%s %s %s", withoutDot(rr.Header().Name), verb, data(rr))
}

// showAll prints a whole message, as -v asks for.
func (h *hostRun) showAll(got *reply) {
	m := got.msg
	h.Printf("%s", header(m))
	h.Printf(";; QUESTION SECTION:\n")
	for _, q := range m.Question {
		h.Printf(";%s\n", question(q))
	}
	h.Printf("\n")
	for _, s := range []struct {
		name    string
		records []dns.RR
	}{{"ANSWER", m.Answer}, {"AUTHORITY", m.Ns}, {"ADDITIONAL", withoutOPT(m.Extra)}} {
		if len(s.records) == 0 {
			continue
		}
		h.Printf(";; %s SECTION:\n", s.name)
		for _, rr := range s.records {
			h.Printf("%s\n", record(rr))
		}
		h.Printf("\n")
	}
	h.Printf("Received %d bytes from %s#%d in %d ms\n", got.size, got.server.addr, h.port, got.took.Milliseconds())
}
