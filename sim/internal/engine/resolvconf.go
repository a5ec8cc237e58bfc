package engine

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"drydock/dnsd"
)

// A resolvConf is what dockerd reads in a resolv.conf and writes. It reads otherwise than C
// libraries do: keywords may be indented, "#" begins a comment anywhere, "domain" is none of
// them, and of several lines with search or options the last counts.
type resolvConf struct{ search, nameservers, options []string }

func readResolvConf(text string) (c resolvConf) {
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "nameserver"); ok {
			rest = strings.TrimSpace(rest)
			if a, err := netip.ParseAddr(rest); err == nil && !a.Is4In6() {
				c.nameservers = append(c.nameservers, rest)
			}
		} else if rest, ok := strings.CutPrefix(line, "search"); ok {
			c.search = strings.Fields(rest)
		} else if rest, ok := strings.CutPrefix(line, "options"); ok {
			c.options = strings.Fields(rest)
		}
	}
	return c
}

// String returns the file as dockerd writes it. The search list "." is none.
func (c resolvConf) String() string {
	var b strings.Builder
	if search := strings.Join(c.search, " "); search != "" && search != "." {
		b.WriteString("search " + search + "\n")
	}
	for _, a := range c.nameservers {
		b.WriteString("nameserver " + a + "\n")
	}
	if options := strings.Join(c.options, " "); options != "" {
		b.WriteString("options " + options + "\n")
	}
	return b.String()
}

func isIPv6(addr string) bool { return strings.Contains(addr, ":") }

// upstreams returns the nameservers of IPv4. Those on a loopback address may be the host's.
func (c resolvConf) upstreams(host bool) (list []Upstream) {
	for _, s := range c.nameservers {
		if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
			list = append(list, Upstream{a, host && a.IsLoopback()})
		}
	}
	return list
}

// firstUpstreams returns those of the first list that has any.
func firstUpstreams(lists ...[]Upstream) []Upstream {
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return nil
}

// embed has the embedded resolver in the place of the IPv4 nameservers, which are its upstreams.
func (c resolvConf) embed() resolvConf {
	c.nameservers = append([]string{dnsd.Embedded.String()},
		slices.DeleteFunc(c.nameservers, func(a string) bool { return !isIPv6(a) })...)
	return c
}

// setsNdots reports whether an option has that word, as dockerd looks for the one that says how
// many dots a name has that is tried as it is.
func (c resolvConf) setsNdots() bool {
	return slices.ContainsFunc(c.options, func(o string) bool { return strings.Contains(o, "ndots") })
}

// ndots returns the number in the first option with that word.
func (c resolvConf) ndots() int {
	for _, o := range c.options {
		if strings.Contains(o, "ndots") {
			_, digits, _ := strings.Cut(o, ":")
			n, _ := strconv.Atoi(digits)
			return n
		}
	}
	return 0
}

// ResolvConf is the host's file without nameservers on a loopback address; if none is left there
// are Google's. As soon as one option is given, the file has search, nameservers and options
// alone, and those that are not given are the host's, also on a loopback address.
func (common) ResolvConf(r ResolvConf) string {
	if r.OnHost && !r.given() {
		return r.Host
	}
	if !r.given() {
		return filterResolvConf(r.Host, true)
	}
	c := readResolvConf(r.Host)
	if len(r.Nameservers) > 0 {
		c.nameservers = nil
		for _, a := range r.Nameservers {
			c.nameservers = append(c.nameservers, a.String())
		}
	}
	if len(r.Search) > 0 {
		c.search = r.Search
	}
	if len(r.Options) > 0 {
		c.options = r.Options
	}
	return c.String()
}

// given reports whether the container was given something of its own.
func (r *ResolvConf) given() bool { return len(r.Nameservers)+len(r.Search)+len(r.Options) > 0 }

// JoinResolvConf takes the nameservers away that a container without IPv6 does not have: what is
// lost with one network does not come back with the next.
func (common) JoinResolvConf(text string, ipv6 bool) string { return filterResolvConf(text, ipv6) }

// What is deleted of a file: a line from its first column on, with what is blank behind it, and
// so with empty lines that follow, but not a comment.
var (
	loopbackLine = regexp.MustCompile(`(?m)^nameserver\s+(127(\.\d{1,3}){3}|::1$)\s*`)
	ipv6Line     = regexp.MustCompile(`(?m)^nameserver\s+([0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(%\w+)?\s*`)
)

// filterResolvConf is without nameservers on a loopback address, or of IPv6.
func filterResolvConf(text string, ipv6 bool) string {
	if text == "" {
		return ""
	}
	text = loopbackLine.ReplaceAllString(text, "")
	if !ipv6 {
		text = ipv6Line.ReplaceAllString(text, "")
	}
	if len(readResolvConf(text).nameservers) > 0 {
		return text
	}
	text += "\nnameserver 8.8.8.8\nnameserver 8.8.4.4"
	if ipv6 {
		text += "\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844"
	}
	return text // without a line feed
}
