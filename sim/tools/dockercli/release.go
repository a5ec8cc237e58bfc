package dockercli

import (
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/internal/apishape"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/onhost"

	"github.com/spf13/pflag"
)

// A release is what tells one release of the command docker from the others: on a host with Docker
// 28 the command is of that release, too. The zero release's words are those of 20.10.
type release struct {
	version, commit, goVersion, built string
	api                               string // the newest that it speaks
	since28, since29                  bool
}

var (
	release20 = release{"20.10.24", "297e128", "go1.19.7", "Tue Apr  4 18:21:03 2023", "1.41", false, false}
	release28 = release{"28.5.2", "ecc6942", "go1.24.9", "Wed Nov  5 10:32:31 2025", "1.51", true, false}
	release29 = release{"29.7.2", "a7dcaa6", "go1.26.5", "Wed Aug  5 17:34:15 2026", "1.55", true, true}
)

// releaseOf returns the release of the command on a machine.
func releaseOf(m command.Machine) *release {
	if h := onhost.Of(m); h != nil {
		switch h.Engine().Release {
		case sim.Docker28:
			return &release28
		case sim.Docker29:
			return &release29
		}
	}
	return &release20
}

// help is a usage that was asked for. Until 28 an empty line came before it.
func (r *release) help(usage string) string {
	if r.since28 {
		return usage
	}
	return "\n" + usage
}

// withHelp is why docker run or create fails.
func (r *release) withHelp(path, text string) string {
	if r.since28 {
		return fmt.Sprintf("docker: %s\n\nRun 'docker %s --help' for more information", text, path)
	}
	return fmt.Sprintf("docker: %s.\nSee 'docker %s --help'.", strings.TrimSuffix(text, "."), path)
}

// notStarted is why a container that was made does not start.
func (r *release) notStarted(text string) string {
	if r.since28 {
		return r.withHelp("run", text)
	}
	return "docker: " + strings.TrimSuffix(text, ".") + "."
}

// badArgs is what is wrong with the number of arguments of a command.
func (r *release) badArgs(c *subcommand, problem string) string {
	if !r.since28 {
		return fmt.Sprintf("\"docker %[1]s\" %[2]s.\nSee 'docker %[1]s --help'.\n\n%[3]s", c.path, problem, c.synopsis())
	}
	see := "Run"
	if c.max < 0 {
		see = "See"
	}
	problem = strings.Replace(problem, "requires exactly", "requires", 1)
	return fmt.Sprintf("docker: 'docker %[1]s' %[2]s\n\nUsage:  docker %[1]s %[3]s\n\n%[4]s 'docker %[1]s --help' for more information", c.path, problem, c.syntax, see)
}

// badFlag is what is wrong with a flag of a command, or of docker itself or a group, which have no
// syntax and a usage.
func (r *release) badFlag(err error, path, syntax, usage string) string {
	if r.since28 {
		return fmt.Sprintf("%v\n\nUsage:  %s\n\nRun '%s --help' for more information", err, strings.TrimSpace(path+" "+syntax), path)
	}
	text := fmt.Sprintf("%v\nSee '%s --help'.", err, path)
	if usage != "" {
		text += "\n\n" + usage
	}
	return text
}

// loopback finds addresses for --dns that 20.10 takes for the container's own.
var loopback = regexp.MustCompile(`((127\.([0-9]{1,3}\.){2}[0-9]{1,3})|(::1)$)`)

// dnsWarning is what docker says of an address for --dns, which 29 passes over.
func (r *release) dnsWarning(addr string) string {
	a, err := netip.ParseAddr(addr)
	switch {
	case r.since28 && !r.since29 && err == nil && a.IsLoopback():
		return fmt.Sprintf("WARNING: Localhost DNS (%s) may fail in containers.", addr)
	case !r.since28 && loopback.MatchString(addr):
		return fmt.Sprintf("WARNING: Localhost DNS setting (--dns=%s) may fail in containers.", addr)
	}
	return ""
}

// checkAddr is the check of --dns, of either family. Docker's words differ from those for --ip,
// which only the daemon looks at.
func (r *release) checkAddr(s string) (string, error) {
	a, err := parseAddr(s)
	if err == nil {
		return a.String(), nil
	}
	if r.since28 {
		return "", dockerError("IP address is not correctly formatted: " + s)
	}
	return "", dockerError(s + " is not an ip address")
}

// addrFlag adds a flag for an address, which 29 reads itself.
func (r *release) addrFlag(f *pflag.FlagSet, name, usage string) *string {
	if !r.since29 {
		return f.String(name, "", usage)
	}
	addr := new(string)
	f.Var(value{kind: "ip", set: func(s string) error {
		a, err := parseAddr(s)
		if err != nil && s != "" {
			return fmt.Errorf("failed to parse IP: %q", s)
		}
		if *addr = ""; s != "" {
			*addr = a.String()
		}
		return nil
	}}, name, usage)
	return addr
}

// addrLists adds the flags for ranges and gateways of a network, which 29 reads itself.
func (r *release) addrLists(f *pflag.FlagSet) (ranges, gateways func() []string) {
	const ofRanges, ofGateways = "Allocate container ip from a sub-range", "IPv4 or IPv6 Gateway for the master subnet"
	if !r.since29 {
		list, addrs := f.StringSlice("ip-range", nil, ofRanges), f.StringSlice("gateway", nil, ofGateways)
		return func() []string { return *list }, func() []string { return *addrs }
	}
	list := addrSlice(f, "ip-range", "ipNetSlice", ofRanges, func(s string) (string, error) {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			return "", fmt.Errorf("invalid string being converted to CIDR: %s", s)
		}
		return n.String(), nil
	})
	addrs := addrSlice(f, "gateway", "ipSlice", ofGateways, func(s string) (string, error) {
		a := net.ParseIP(s)
		if a == nil {
			return "", fmt.Errorf("invalid string being converted to IP address: %s", s)
		}
		return a.String(), nil
	})
	return func() []string { return *list }, func() []string { return *addrs }
}

// addrSlice adds a flag for a list between commas, of which check returns what is kept.
func addrSlice(f *pflag.FlagSet, name, kind, usage string, check func(s string) (string, error)) *[]string {
	var all []string
	f.Var(value{kind, "[]", func(list string) error {
		fields, err := csv.NewReader(strings.NewReader(strings.NewReplacer(`"`, "", "'", "", "`", "").Replace(list))).Read()
		if err != nil && err != io.EOF {
			return err
		}
		for _, s := range fields {
			if s, err = check(strings.TrimSpace(s)); err != nil {
				return err
			}
			all = append(all, s)
		}
		return nil
	}}, name, usage)
	return &all
}

// error is an error of the command's own, which began with "Error: " until 29.
func (r *release) error(text string) error {
	if r.since29 {
		return dockerError(strings.ToLower(text[:1]) + text[1:])
	}
	return dockerError("Error: " + text)
}

// cannotAttach is why nobody can attach to a container.
func (r *release) cannotAttach(to string) error {
	if r.since29 {
		return dockerError("cannot attach to " + to)
	}
	return dockerError("You cannot attach to " + to)
}

// addr is an address before a port: IPv6 addresses have brackets since 28.
func (r *release) addr(addr string) string {
	if r.since28 && strings.Contains(addr, ":") {
		return "[" + addr + "]"
	}
	return addr
}

// portAddr is what the ports of one number are sorted by. To 29 no address is an invalid one, which
// is how it is written.
func (r *release) portAddr(p dockerapi.Port) string {
	if r.since29 && p.IP == "" {
		return netip.Addr{}.String()
	}
	return p.IP
}

// marshal is the function json of templates.
func (r *release) marshal(v any) (string, error) {
	if !r.since28 {
		return marshal(v)
	}
	api := apishape.ParseVersion(r.api)
	switch info := v.(type) {
	case containerInfo:
		v = info.Container
	case containerInfo29:
		v = info.Container
	}
	text, err := apishape.Shape{Daemon: api, Asked: api}.Marshal(v)
	return string(text), err
}

// portError is what is wrong with -p: in 29 that begins with a small letter.
func (r *release) portError(err error) error {
	if !r.since29 {
		return err
	}
	return dockerError(lowerFirst(strings.Replace(err.Error(), "ip address", "IP address", 1)))
}
