package bind9

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"drydock/sim/tools/command"

	"github.com/miekg/dns"
)

// A digLookup is one question on the command line of dig and how to ask it.
type digLookup struct {
	name        string
	kind, class uint16
	opcode      int
	given       bool // kind was given

	answer, authority, additional, questions bool
	comments, stats, short, identify         bool
	recurse, ad, cd, dnssec, search, tcp     bool
	ignore, showQuery                        bool
	tcpGiven, micro                          bool

	edns, cookie   bool
	bufsize        uint16
	timeout, tries int // in seconds
	ndots          int // -1: that of resolv.conf
	domains        []string
	servers        []string
}

// newLookup has dig's defaults.
func newLookup() digLookup {
	return digLookup{
		name: ".", kind: dns.TypeNS, class: dns.ClassINET,
		answer: true, authority: true, additional: true, questions: true, comments: true, stats: true,
		recurse: true, ad: true, edns: true, cookie: true, bufsize: 1232,
		timeout: 5, tries: 3, ndots: -1,
	}
}

// A digRun is one run of dig.
type digRun struct {
	*command.Call
	ctx     context.Context
	lookups []digLookup
	port    int
	family  int
	printed bool // the line with the version and the arguments
	cmd     bool
	greets  bool // cmd, as it was when the first name came: that is asked where nobody replies
	status  int
}

// Dig is dig(1).
func Dig(ctx context.Context, c *command.Call) int {
	d := &digRun{Call: c, ctx: ctx, port: 53, cmd: true}
	if done, status := d.parse(c.Args[1:]); done {
		return status
	}
	for i := range d.lookups {
		if status := d.lookUp(&d.lookups[i]); status != 0 {
			return status
		}
		if ctx.Err() != nil {
			return command.Interrupted(ctx)
		}
	}
	return d.status
}

// Statuses of dig.
const (
	digUsage   = 1
	digNoReply = 9
	digFatal   = 10
)

// lookUp asks one question.
func (d *digRun) lookUp(l *digLookup) (status int) {
	r := newResolver(d.ctx, d.Call, l.tries)
	if r.refuses() {
		return digFatal
	}
	r.port, r.family, r.ignore = d.port, d.family, l.ignore
	r.comments = l.comments && !l.short
	r.tcp = l.tcp || l.kind == dns.TypeANY && !l.tcpGiven
	r.timeout = time.Duration(l.timeout) * time.Second
	for _, s := range l.servers {
		if err := r.addServer(s); err != nil {
			return d.Fail(digUsage, "dig: %v\n", err)
		}
	}
	names := d.candidates(r, l)
	if names == nil {
		return d.Fail(digFatal, "dig: '%s' is not a legal name (%s)\n", l.name, badName(l.name))
	}
	for i, name := range names {
		m := l.message(name)
		m.Id = uint16(d.Process().Random())
		if o := m.IsEdns0(); o != nil && l.cookie {
			o.Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: fmt.Sprintf("%016x", d.Process().Random())}}
		}
		if l.showQuery {
			d.showQuery(l, m)
		}
		got, err := r.ask(m, l.name)
		switch {
		case errors.Is(err, errNobody):
			d.nobody(r, l)
			return 0
		case err != nil:
			return 0
		case got.msg.Rcode == dns.RcodeNameError && i < len(names)-1:
			continue
		}
		d.show(l, got)
		return 0
	}
	return 0
}

// candidates returns the names to ask for, nil if there is none.
func (d *digRun) candidates(r *resolver, l *digLookup) []string {
	if _, ok := dns.IsDomainName(l.name); !ok || strings.Contains(l.name, "..") {
		return nil
	}
	if !l.search {
		return []string{dns.Fqdn(l.name)}
	}
	conf := r.conf
	if l.domains != nil {
		conf.Search = l.domains
	}
	if l.ndots >= 0 {
		conf.Options = append(conf.Options[:len(conf.Options):len(conf.Options)], ndotsOption(l.ndots))
	}
	return candidates(conf, l.name)
}

func badName(name string) string {
	if strings.Contains(name, "..") || strings.HasPrefix(name, ".") {
		return "empty label"
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) > 63 {
			return "label too long"
		}
	}
	return "ran out of space"
}

// message returns the query, without ID.
func (l *digLookup) message(name string) *dns.Msg {
	m := new(dns.Msg)
	m.Opcode = l.opcode
	m.RecursionDesired, m.AuthenticatedData, m.CheckingDisabled = l.recurse, l.ad, l.cd
	m.Question = []dns.Question{{Name: name, Qtype: l.kind, Qclass: l.class}}
	if l.edns || l.dnssec {
		m.SetEdns0(l.bufsize, l.dnssec)
	}
	return m
}

// nobody is the end of a lookup that no server replied to. By TCP it has been told.
func (d *digRun) nobody(r *resolver, l *digLookup) {
	d.status = digNoReply
	if r.setup {
		return
	}
	d.greet(l, d.greets)
	d.Printf(";; %v\n", errNobody)
}
