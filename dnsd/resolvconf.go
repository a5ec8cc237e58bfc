package dnsd

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Embedded is the address of the resolver that Docker embeds in networks other than
// the default one.
var Embedded = netip.AddrFrom4([4]byte{127, 0, 0, 11})

// A ResolvConf is what a resolv.conf says. The zero ResolvConf is the empty file.
type ResolvConf struct {
	Search      []string     // domains to complete names with
	Nameservers []netip.Addr // all; clients ask the first three
	Options     []string     // as they are written, such as "ndots:0"
}

// ParseResolvConf reads a resolv.conf as C libraries do: what they do not understand
// says nothing, of several search and domain lines the last counts, options add up.
func ParseResolvConf(text string) ResolvConf {
	var c ResolvConf
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 || line[0] != fields[0][0] { // keywords are at the beginning of a line
			continue
		}
		switch fields[0] {
		case "nameserver":
			if a, err := netip.ParseAddr(fields[1]); err == nil {
				c.Nameservers = append(c.Nameservers, a)
			}
		case "domain":
			c.Search = fields[1:2]
		case "search":
			c.Search = fields[1:]
		case "options":
			c.Options = append(c.Options, fields[1:]...)
		}
	}
	return c
}

// String returns the file as Docker writes it: search, nameservers, options.
func (c ResolvConf) String() string {
	var b strings.Builder
	if len(c.Search) > 0 {
		b.WriteString("search " + strings.Join(c.Search, " ") + "\n")
	}
	for _, a := range c.Nameservers {
		b.WriteString("nameserver " + a.String() + "\n")
	}
	if len(c.Options) > 0 {
		b.WriteString("options " + strings.Join(c.Options, " ") + "\n")
	}
	return b.String()
}

// Limits and defaults are those of glibc.
const (
	defaultNdots, maxNdots       = 1, 15
	defaultTimeout, maxTimeout   = 5, 30
	defaultAttempts, maxAttempts = 2, 5
	maxNameservers               = 3
)

// Ndots returns how many dots a name must have to be tried as it is before it is
// completed with the search list: by default 1, at most 15.
func (c ResolvConf) Ndots() int { return c.number("ndots:", defaultNdots, maxNdots) }

// Timeout returns how long a nameserver has to answer, by default 5 s, at most 30 s.
func (c ResolvConf) Timeout() time.Duration {
	return time.Duration(max(c.number("timeout:", defaultTimeout, maxTimeout), 1)) * time.Second
}

// Attempts returns how often all nameservers are asked, by default 2, at most 5.
func (c ResolvConf) Attempts() int {
	return max(c.number("attempts:", defaultAttempts, maxAttempts), 1)
}

// number returns the last option that begins with prefix.
func (c ResolvConf) number(prefix string, value, most int) int {
	for _, option := range c.Options {
		if digits, ok := strings.CutPrefix(option, prefix); ok {
			if n, err := strconv.ParseUint(digits, 10, 31); err == nil {
				value = min(int(n), most)
			}
		}
	}
	return value
}

func (c ResolvConf) has(option string) bool { return slices.Contains(c.Options, option) }

// servers returns who is asked. As in glibc, that is the machine itself if the file
// names nobody.
func (c ResolvConf) servers() []string {
	list := c.Nameservers[:min(len(c.Nameservers), maxNameservers)]
	if len(list) == 0 {
		list = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	servers := make([]string, len(list))
	for i, a := range list {
		servers[i] = netip.AddrPortFrom(a, 53).String()
	}
	return servers
}

// patience returns how long the i-th of n servers has: glibc doubles the timeout from
// one to the next and divides it among them.
func (c ResolvConf) patience(i, n int) time.Duration {
	seconds := int(c.Timeout()/time.Second) << i
	if i > 0 {
		seconds = max(seconds/n, 1)
	}
	return time.Duration(seconds) * time.Second
}

// Candidates returns the names that host may stand for, completed with the search list, in
// the order in which clients ask for them. They end with a dot.
func (c ResolvConf) Candidates(host string) []string {
	names, _ := c.candidates(host)
	return names
}

// candidates returns the names that host may stand for, in the order of trying, and
// which of them is host as it is, or -1 for none.
func (c ResolvConf) candidates(host string) (names []string, asIs int) {
	if strings.HasSuffix(host, ".") {
		return []string{host}, 0
	}
	for _, domain := range c.Search {
		names = append(names, host+"."+strings.TrimPrefix(strings.TrimSuffix(domain, ".")+".", "."))
	}
	if asIs = slices.Index(names, host+"."); asIs >= 0 { // the search list has the root
		return names, asIs
	}
	if strings.Count(host, ".") >= c.Ndots() {
		return append([]string{host + "."}, names...), 0
	}
	return append(names, host+"."), len(names)
}
