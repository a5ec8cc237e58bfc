package busybox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"drydock/dnsd"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"

	"github.com/miekg/dns"
)

const nslookupUsage = `nslookup [-type=QUERY_TYPE] HOST [DNS_SERVER]

Query DNS about HOST

QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any
`

// A lookup is one run of nslookup.
type lookup struct {
	*command.Call
	ctx     context.Context
	conf    dnsd.ResolvConf
	servers []netip.Addr
	named   string // the server as the user gave it
	kinds   []uint16
	told    bool // who answers
	waiting []query
	failed  bool // a name does not exist
}

// Nslookup is the applet nslookup.
func Nslookup(ctx context.Context, c *command.Call) int {
	n := &lookup{Call: c, ctx: ctx}
	words, err := n.parse(c.Args[1:])
	switch {
	case err != nil:
		return c.Fail(1, "nslookup: %v\n", err)
	case len(words) == 0 || len(words) > 2:
		return misused(c, nil, nslookupUsage)
	}
	if err := n.choose(words[1:]); err != nil {
		return c.Fail(1, "nslookup: %v\n", err)
	}
	for _, q := range n.questions(words[0]) {
		m := new(dns.Msg)
		m.Id, m.RecursionDesired = uint16(n.Process().Random()), true
		m.Question = []dns.Question{{Name: dns.Fqdn(q.Name), Qtype: q.Qtype, Qclass: q.Qclass}}
		n.waiting = append(n.waiting, query{q, m})
	}
	switch err := n.ask(); {
	case ctx.Err() != nil:
		return command.Interrupted(ctx)
	case err != nil:
		c.Printf(";; connection timed out; no servers could be reached\n\n")
		return 1
	case n.failed:
		return 1
	}
	return 0
}

// A query is a question as it was typed, and as it is sent.
type query struct {
	typed dns.Question
	m     *dns.Msg
}

// parse reads -type=, which may be given more than once.
func (n *lookup) parse(args []string) (words []string, err error) {
	for _, arg := range args {
		kind, isType := strings.CutPrefix(arg, "-type=")
		if !isType {
			kind, isType = strings.CutPrefix(arg, "-querytype=")
		}
		switch t, ok := dns.StringToType[strings.ToUpper(kind)]; {
		case isType && ok && strings.Contains(" SOA NS A AAAA CNAME MX TXT PTR SRV ANY ", " "+strings.ToUpper(kind)+" "):
			n.kinds = append(n.kinds, t)
		case isType:
			return nil, fmt.Errorf("invalid query type \"%s\"", kind)
		case strings.HasPrefix(arg, "-"):
			return nil, nil
		default:
			words = append(words, arg)
		}
	}
	return words, nil
}

// choose finds the servers. One that the user names is asked without the search list of
// resolv.conf, which is not read then.
func (n *lookup) choose(named []string) error {
	if len(named) > 0 {
		addrs, err := inet.GetAddrInfo(n.ctx, n.Machine, "ip", named[0])
		if err != nil || len(addrs) == 0 {
			return fmt.Errorf("bad address '%s'", named[0])
		}
		n.servers, n.named = addrs[:1], named[0]
		return nil
	}
	text, _ := n.ReadFile("/etc/resolv.conf")
	n.conf = dnsd.ParseResolvConf(string(text))
	if n.servers = n.conf.Nameservers; len(n.servers) == 0 {
		n.servers = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return nil
}

// questions returns what is asked: of A and AAAA, or PTR of an address. A name without dots
// is completed with each domain of the search list.
func (n *lookup) questions(host string) (list []dns.Question) {
	names, kinds := []string{host}, n.kinds
	if a, err := netip.ParseAddr(host); err == nil && kinds == nil {
		arpa, _ := dns.ReverseAddr(a.WithZone("").String())
		names, kinds = []string{withoutDot(arpa)}, []uint16{dns.TypePTR}
	} else if !strings.Contains(host, ".") && len(n.conf.Search) > 0 {
		names = nil
		for _, domain := range n.conf.Search {
			names = append(names, host+"."+domain)
		}
	}
	if kinds == nil {
		kinds = []uint16{dns.TypeA, dns.TypeAAAA}
	}
	for _, kind := range kinds {
		for _, name := range names {
			list = append(list, dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET})
		}
	}
	return list
}

var errSilence = errors.New("no reply")

// ask asks the servers in turn until the time of resolv.conf for all is up.
func (n *lookup) ask() error {
	attempts := n.conf.Attempts()
	for i := range attempts {
		server := n.servers[i%len(n.servers)]
		err := n.exchange(server, n.conf.Timeout()/time.Duration(attempts))
		if err == nil || n.ctx.Err() != nil {
			return err
		}
	}
	return errSilence
}

// exchange sends all queries that wait, from one port, and shows replies as they come.
func (n *lookup) exchange(server netip.Addr, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(n.ctx, limit)
	defer cancel()
	conn, err := n.Machine.DialContext(ctx, "udp", netip.AddrPortFrom(server, 53).String())
	if err != nil {
		n.Errorf("nslookup: can't connect to remote host (%s): %s\n", server, inet.Reason(err))
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	for _, q := range n.waiting {
		var b []byte
		if b, err = q.m.Pack(); err == nil {
			_, err = conn.Write(b) // which may have the error that came for the query before
		}
		if err != nil {
			break
		}
	}
	for err == nil && len(n.waiting) > 0 {
		err = n.receive(conn, server)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		n.Errorf("nslookup: read: Connection refused\n")
		<-ctx.Done()
	}
	return err
}

// receive shows one reply.
func (n *lookup) receive(conn net.Conn, server netip.Addr) error {
	b := make([]byte, dns.MaxMsgSize)
	for {
		size, err := conn.Read(b)
		if errors.Is(err, syscall.EHOSTUNREACH) {
			continue
		}
		if err != nil {
			return err
		}
		m := new(dns.Msg)
		if m.Unpack(b[:size]) != nil || !m.Response {
			continue
		}
		at := slices.IndexFunc(n.waiting, func(q query) bool { return q.m.Id == m.Id })
		if at < 0 {
			continue
		}
		q := n.waiting[at]
		n.waiting = slices.Delete(n.waiting, at, at+1)
		n.tell(server)
		n.failed = !n.show(q.typed, m) || n.failed
		return nil
	}
}

// tell prints once who answers.
func (n *lookup) tell(server netip.Addr) {
	if n.told {
		return
	}
	n.told = true
	name := n.named
	if name == "" {
		name = server.String()
	}
	n.Printf("Server:\t\t%s\nAddress:\t%s\n\n", name, netip.AddrPortFrom(server, 53))
}

// show prints a reply and tells whether the name exists.
func (n *lookup) show(q dns.Question, m *dns.Msg) (exists bool) {
	if m.Rcode != dns.RcodeSuccess {
		n.Printf("** server can't find %s: %s\n\n", q.Name, dns.RcodeToString[m.Rcode])
		return false
	}
	if !m.Authoritative {
		n.Printf("Non-authoritative answer:\n")
	}
	for _, rr := range m.Answer {
		n.Printf("%s", recordText(rr))
	}
	n.Printf("\n")
	return true
}

func withoutDot(name string) string { return strings.TrimSuffix(name, ".") }

// recordText returns what nslookup prints of a record: of some nothing, of a text its first
// part.
func recordText(rr dns.RR) string {
	name := withoutDot(rr.Header().Name)
	switch rr := rr.(type) {
	case *dns.A:
		return fmt.Sprintf("Name:\t%s\nAddress: %s\n", name, rr.A)
	case *dns.AAAA:
		return fmt.Sprintf("Name:\t%s\nAddress: %s\n", name, rr.AAAA)
	case *dns.CNAME:
		return fmt.Sprintf("%s\tcanonical name = %s\n", name, withoutDot(rr.Target))
	case *dns.NS:
		return fmt.Sprintf("%s\tnameserver = %s\n", name, withoutDot(rr.Ns))
	case *dns.PTR:
		return fmt.Sprintf("%s\tname = %s\n", name, withoutDot(rr.Ptr))
	case *dns.MX:
		return fmt.Sprintf("%s\tmail exchanger = %d %s\n", name, rr.Preference, withoutDot(rr.Mx))
	case *dns.SRV:
		return fmt.Sprintf("%s\tservice = %d %d %d %s\n", name, rr.Priority, rr.Weight, rr.Port, withoutDot(rr.Target))
	case *dns.TXT:
		if len(rr.Txt) > 0 {
			return fmt.Sprintf("%s\ttext = \"%s\"\n", name, rr.Txt[0])
		}
	case *dns.SOA:
		return fmt.Sprintf("%s\n\torigin = %s\n\tmail addr = %s\n\tserial = %d\n\trefresh = %d\n\tretry = %d\n\texpire = %d\n\tminimum = %d\n",
			name, withoutDot(rr.Ns), withoutDot(rr.Mbox), rr.Serial, rr.Refresh, rr.Retry, rr.Expire, rr.Minttl)
	}
	return ""
}
