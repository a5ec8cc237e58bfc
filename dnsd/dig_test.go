package dnsd_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// A digger does what dig 9.18 does, and prints what it prints.
type digger struct {
	args  []string
	q     *dns.Msg
	tcp   bool
	tries int
	short bool
	show  map[string]bool // cmd, comments, question, answer, authority, stats
}

// dig runs a command line, which may end in a grep, against h.
func dig(t *testing.T, h dns.Handler, line string) string {
	t.Helper()
	command, pattern, filtered := strings.Cut(line, " | grep ")
	out := newDigger(t, strings.Fields(command)[1:]).run(t, h)
	if !filtered {
		return out
	}
	re := regexp.MustCompile(strings.Trim(strings.TrimPrefix(pattern, "-E "), "'"))
	kept := ""
	for l := range strings.Lines(out) {
		if re.MatchString(l) && !strings.HasPrefix(l, "(exit status") { // that is the grep's
			kept += l
		}
	}
	return kept
}

func newDigger(t *testing.T, args []string) *digger {
	t.Helper()
	d := &digger{args: args, tries: 3, q: new(dns.Msg), show: map[string]bool{
		"cmd": true, "comments": true, "question": true, "answer": true, "authority": true, "stats": true}}
	d.q.Id, d.q.RecursionDesired, d.q.AuthenticatedData = 4711, true, true
	name, qtype, size, dnssec := ".", dns.TypeA, uint16(1232), false
	for i := 0; i < len(args); i++ {
		option, value, _ := strings.Cut(args[i], "=")
		switch option {
		case "-x":
			i++
			name, _ = dns.ReverseAddr(args[i])
			qtype = dns.TypePTR
		case "+tcp":
			d.tcp = true
		case "+noedns":
			size = 0
		case "+bufsize":
			n, _ := strconv.Atoi(value)
			size = uint16(n)
		case "+dnssec":
			dnssec = true
		case "+norecurse":
			d.q.RecursionDesired = false
		case "+opcode":
			d.q.Opcode = dns.StringToOpcode[value]
		case "+tries":
			d.tries, _ = strconv.Atoi(value)
		case "+short":
			d.short = true
		case "+noall":
			clear(d.show)
		case "+comments", "+answer", "+question", "+authority":
			d.show[option[1:]] = true
		case "+time":
		default:
			if known, ok := dns.StringToType[option]; ok {
				qtype = known
			} else {
				name = dns.Fqdn(option)
			}
		}
	}
	if d.q.Opcode == dns.OpcodeQuery {
		d.q.Question = []dns.Question{{Name: name, Qtype: qtype, Qclass: dns.ClassINET}}
	}
	d.tcp = d.tcp || qtype == dns.TypeANY
	if size > 0 {
		d.q.SetEdns0(size, dnssec)
		d.q.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: "0123456789abcdef"}}
	}
	return d
}

func (d *digger) run(t *testing.T, h dns.Handler) string {
	t.Helper()
	network, began := "udp", time.Now()
	if d.tcp {
		network = "tcp"
	}
	var b strings.Builder
	for range d.tries {
		w := &recorder{network: network}
		h.ServeDNS(w, d.q.Copy())
		if reply := w.reply(t); reply != nil {
			if d.q.Question != nil && (reply.Id != d.q.Id || len(reply.Question) != 1 || reply.Question[0] != d.q.Question[0]) {
				t.Errorf("the reply is to another question:\n%v", reply)
			}
			d.print(&b, reply, time.Since(began), len(w.wire))
			return b.String()
		}
		b.WriteString(";; communications error to 127.0.0.11#53: timed out\n")
	}
	d.banner(&b)
	b.WriteString(";; no servers could be reached\n(exit status 9)\n")
	return b.String()
}

func (d *digger) banner(b *strings.Builder) {
	fmt.Fprintf(b, "\n; <<>> DiG 9.18.49-1~deb12u1-Debian <<>> %s\n;; global options: +cmd\n", strings.Join(d.args, " "))
}

func (d *digger) print(b *strings.Builder, m *dns.Msg, took time.Duration, size int) {
	if d.short {
		for _, rr := range m.Answer {
			b.WriteString(strings.TrimPrefix(rr.String(), rr.Header().String()) + "\n")
		}
		return
	}
	if d.show["cmd"] {
		d.banner(b)
	}
	if d.show["comments"] {
		fmt.Fprintf(b, ";; Got answer:\n;; ->>HEADER<<- opcode: %s, status: %s, id: %d\n;; flags:%s; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n",
			dns.OpcodeToString[m.Opcode], dns.RcodeToString[m.Rcode], m.Id, flags(m), len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra))
		if m.RecursionDesired && !m.RecursionAvailable {
			b.WriteString(";; WARNING: recursion requested but not available\n")
		}
		b.WriteString("\n")
		if m.Rcode == dns.RcodeNotImplemented && d.q.IsEdns0() != nil {
			b.WriteString(";; WARNING: EDNS query returned status NOTIMP - retry with '+noedns'\n\n")
		}
	}
	if d.show["question"] && len(m.Question) > 0 {
		d.section(b, "QUESTION", ";"+column(m.Question[0].Name, 32)+"IN\t"+dns.TypeToString[m.Question[0].Qtype]+"\n")
	}
	d.section(b, "ANSWER", recordsText(m.Answer, d.show["answer"]))
	d.section(b, "AUTHORITY", recordsText(m.Ns, d.show["authority"]))
	if d.show["stats"] {
		fmt.Fprintf(b, ";; Query time: %d msec\n;; SERVER: 127.0.0.11#53(127.0.0.11) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n",
			took.Milliseconds(), map[bool]string{false: "UDP", true: "TCP"}[d.tcp], time.Now().UTC().Format(time.UnixDate), size)
	}
}

func (d *digger) section(b *strings.Builder, name, text string) {
	switch {
	case text == "":
	case d.show["comments"]:
		fmt.Fprintf(b, ";; %s SECTION:\n%s\n", name, text)
	default:
		b.WriteString(text)
	}
}

func recordsText(records []dns.RR, show bool) (text string) {
	if !show {
		return ""
	}
	for _, rr := range records {
		h := rr.Header()
		name := column(h.Name, 24)
		text += column(name+strconv.Itoa(int(h.Ttl)), 32) + "IN\t" + dns.TypeToString[h.Rrtype] + "\t" +
			strings.TrimPrefix(rr.String(), h.String()) + "\n"
	}
	return text
}

// column adds tabs up to a column, or a space beyond it.
func column(s string, to int) string {
	at := 0
	for _, r := range s {
		if r == '\t' {
			at = at/8*8 + 7
		}
		at++
	}
	if at >= to {
		return s + " "
	}
	for ; at < to; at = at/8*8 + 8 {
		s += "\t"
	}
	return s
}

func flags(m *dns.Msg) (text string) {
	for _, f := range []struct {
		set  bool
		name string
	}{{m.Response, "qr"}, {m.Authoritative, "aa"}, {m.Truncated, "tc"}, {m.RecursionDesired, "rd"},
		{m.RecursionAvailable, "ra"}, {m.AuthenticatedData, "ad"}, {m.CheckingDisabled, "cd"}} {
		if f.set {
			text += " " + f.name
		}
	}
	return text
}
