package bind9

import (
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// greet prints, once, the lines that repeat the command line, if they are wanted.
func (d *digRun) greet(l *digLookup, wanted bool) {
	if d.printed || !wanted || l.short {
		return
	}
	d.printed = true
	d.Printf("\n; <<>> DiG %s <<>>%s\n", release, joined(d.Args[1:]))
	if len(l.servers) > 0 {
		d.Printf("; (1 server found)\n")
	}
	d.Printf(";; global options: +cmd\n")
}

// joined returns words with a space before each.
func joined(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// malformed reports whether the parser of BIND finds fault with a message: records of another class than
// the question's.
func malformed(m *dns.Msg) bool {
	if len(m.Question) == 0 || m.Opcode == dns.OpcodeUpdate || m.Question[0].Qclass == dns.ClassANY {
		return false
	}
	return slices.ContainsFunc(slices.Concat(m.Answer, m.Ns, m.Extra), func(rr dns.RR) bool {
		h := rr.Header()
		switch h.Rrtype {
		case dns.TypeOPT, dns.TypeTSIG, dns.TypeSIG, dns.TypeTKEY:
			return false
		}
		return h.Class != m.Question[0].Qclass
	})
}

// show prints a reply.
func (d *digRun) show(l *digLookup, got *reply) {
	if malformed(got.msg) {
		d.Printf(";; Warning: Message parser reports malformed message packet.\n")
	}
	d.greet(l, d.cmd)
	if l.short {
		d.showShort(l, got)
		return
	}
	if l.comments {
		d.Printf(";; Got answer:\n")
	}
	d.showMessage(l, got.msg)
	if l.stats {
		d.showStats(l, got)
	}
}

func (d *digRun) showShort(l *digLookup, got *reply) {
	for _, rr := range got.msg.Answer {
		d.Printf("%s", data(rr))
		if l.identify {
			d.Printf(" from server %s in %d ms.", got.server.name, got.took.Milliseconds())
		}
		d.Printf("\n")
	}
}

// showMessage prints the parts of a message that are wanted, with comments and empty lines
// between them if those are.
func (d *digRun) showMessage(l *digLookup, m *dns.Msg) {
	if l.comments {
		d.Printf("%s", header(m))
		if bad := m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented; bad && m.Response && l.edns && m.IsEdns0() == nil {
			without := "+noedns"
			if l.dnssec {
				without = "+nodnssec +noedns"
			}
			d.Printf(";; WARNING: EDNS query returned status %s - retry with '%s'\n\n", dns.RcodeToString[m.Rcode], without)
		}
	}
	if l.questions && len(m.Question) > 0 {
		d.section(l, "QUESTION")
		for _, q := range m.Question {
			d.Printf(";%s\n", question(q))
		}
		d.endSection(l)
	}
	for _, s := range []struct {
		name    string
		wanted  bool
		records []dns.RR
	}{
		{"ANSWER", l.answer, m.Answer}, {"AUTHORITY", l.authority, m.Ns}, {"ADDITIONAL", l.additional, withoutOPT(m.Extra)},
	} {
		if !s.wanted || len(s.records) == 0 {
			continue
		}
		d.section(l, s.name)
		for _, rr := range s.records {
			d.Printf("%s\n", record(rr))
		}
		d.endSection(l)
	}
}

func (d *digRun) section(l *digLookup, name string) {
	if l.comments {
		d.Printf(";; %s SECTION:\n", name)
	}
}

func (d *digRun) endSection(l *digLookup) {
	if l.comments {
		d.Printf("\n")
	}
}

func (d *digRun) showStats(l *digLookup, got *reply) {
	if l.micro {
		d.Printf(";; Query time: %d usec\n", got.took.Microseconds())
	} else {
		d.Printf(";; Query time: %d msec\n", got.took.Milliseconds())
	}
	protocol := "UDP"
	if got.tcp {
		protocol = "TCP"
	}
	d.Printf(";; SERVER: %s#%d(%s) (%s)\n", got.server.addr, d.port, got.server.name, protocol)
	d.Printf(";; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n", time.Now().UTC().Format("Mon Jan 02 15:04:05 MST 2006"), got.size)
}

// showQuery prints a query before it is sent.
func (d *digRun) showQuery(l *digLookup, m *dns.Msg) {
	d.greet(l, d.cmd)
	if l.comments {
		d.Printf(";; Sending:\n")
	}
	d.showMessage(l, m)
}
