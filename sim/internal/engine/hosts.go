package engine

import (
	"net/netip"
	"regexp"
	"strings"
)

// beginning is what every container's file has at first.
const beginning = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
ff00::0	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`

// text has the beginning, with lines of IPv6 also in a container that has no IPv6, then
// those that were asked for. Of a link that many addresses have a line at most.
func (h *Hosts) text(beginning string, addrs int) string {
	var b strings.Builder
	b.WriteString(beginning)
	for _, e := range h.Extra {
		b.WriteString(hostsLine(e.Addr, e.Name))
	}
	for _, l := range h.Links {
		names := []string{l.Alias, l.Hostname}
		if l.Alias != l.Name {
			names = append(names, l.Name)
		}
		for _, a := range l.Addrs[:min(addrs, len(l.Addrs))] {
			b.WriteString(hostsLine(a, names...))
		}
	}
	return b.String()
}

// hostsLine is a line as dockerd writes it.
func hostsLine(a netip.Addr, names ...string) string {
	return a.String() + "\t" + strings.Join(names, " ") + "\n"
}

// LeaveHosts deletes the lines that end in one known name, whose they may be: the container's
// own for all of its networks, and those of --add-host. The container's name is left out. Empty
// lines are lost, too.
func (common) LeaveHosts(text, name string, _ []Host, known func(string) bool) string {
	if known == nil {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		_, names, _ := lastCut(line, "\t")
		first, _, _ := strings.Cut(names, ".")
		if line == "" || line[0] != '#' && first != name && known(names) {
			continue
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// lastCut is strings.Cut at the last sep.
func lastCut(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// MoveHosts changes all lines whose first name is the alias, or begins with it and a dot: those
// of --add-host, of other links and of the container itself, too, and an IPv6 address into one
// of IPv4.
func (common) MoveHosts(text, alias string, to netip.Addr) string {
	re := regexp.MustCompile(`(\S*)(\t` + regexp.QuoteMeta(alias) + `)(\s|\.)`)
	return re.ReplaceAllString(text, to.String()+"$2$3")
}
