package dockercli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// A dockerError is an error in Docker's words, which begin and end as they like.
type dockerError string

func (e dockerError) Error() string { return string(e) }

// newFlags returns a set of flags. What pflag says of deprecated ones goes to standard error.
func (d *docker) newFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SetOutput(d.Stderr)
	f.Usage = func() {}
	return f
}

// addHelp adds --help, if the command has none of its own, and the short form, which docker
// deprecates.
func addHelp(f *pflag.FlagSet) {
	if f.Lookup("help") != nil {
		return
	}
	f.BoolP("help", "h", false, "Print usage")
	_ = f.MarkShorthandDeprecated("help", "please use --help")
	f.Lookup("help").Hidden = true
}

// A value is a flag's that a function takes, each time the flag is given. pflag's own
// lists split at commas, or do not look at what they are given.
type value struct {
	kind   string // what --help calls it
	preset string // what --help says is the default
	set    func(s string) error
}

func (v value) Set(s string) error { return v.set(s) }
func (v value) Type() string       { return v.kind }
func (v value) String() string     { return v.preset }

// multi adds a flag that can be given often. check, if it is not nil, returns what is kept
// of each value.
func multi(f *pflag.FlagSet, name, short, usage string, check func(s string) (string, error)) *[]string {
	var all []string
	f.VarP(value{kind: "list", set: func(s string) (err error) {
		if check != nil {
			if s, err = check(s); err != nil {
				return err
			}
		}
		all = append(all, s)
		return nil
	}}, name, short, usage)
	return &all
}

// stringMap adds a flag for KEY=VALUE. Of a key that is given twice the last value counts. check
// may be nil.
func stringMap(f *pflag.FlagSet, name, short, usage string, check func(s string) error) map[string]string {
	all := make(map[string]string)
	f.VarP(value{"map", "map[]", func(s string) error {
		if check != nil {
			if err := check(s); err != nil {
				return err
			}
		}
		key, v, _ := strings.Cut(s, "=")
		all[key] = v
		return nil
	}}, name, short, usage)
	return all
}

// alias adds another name for a flag, which --help does not show. Both share one value,
// so they may be mixed.
func alias(f *pflag.FlagSet, name, other string) {
	f.Var(f.Lookup(name).Value, other, "")
	f.Lookup(other).Hidden = true
}

// An unsupported flag is one of docker's for which the emulated host has no meaning.
type unsupported struct {
	name, short, kind, preset, usage string
}

// A refusal is the value of such a flag.
type refusal struct{ value }

// errUnsupported is why such a flag is refused.
var errUnsupported = errors.New("not supported by an emulated host")

// refuse adds flags that --help shows, as docker's does, and that are refused.
func refuse(f *pflag.FlagSet, flags ...unsupported) {
	for _, u := range flags {
		added := f.VarPF(refusal{value{u.kind, u.preset, func(string) error { return errUnsupported }}}, u.name, u.short, u.usage)
		if u.kind == "bool" {
			added.NoOptDefVal = "true"
		}
	}
}

// addFilter adds a flag for filters.
func addFilter(f *pflag.FlagSet, short, usage string) filters {
	all := make(filters)
	f.VarP(all, "filter", short, usage)
	return all
}

// addFormat adds -f of the commands that tell of one thing.
func addFormat(f *pflag.FlagSet) *string {
	return f.StringP("format", "f", "", "Format the output using the given Go template")
}

// addDetachKeys adds the flag for the keys that leave a container.
func addDetachKeys(f *pflag.FlagSet) *string {
	return f.String("detach-keys", "", "Override the key sequence for detaching a container")
}

// sysctls are those that a container has of its own; of the network and of message queues all.
var sysctls = []string{
	"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
}

// checkSysctl is the check of --sysctl that docker makes itself.
func checkSysctl(s string) error {
	key, _, ok := strings.Cut(s, "=")
	if !ok || !slices.Contains(sysctls, key) && !strings.HasPrefix(key, "net.") && !strings.HasPrefix(key, "fs.mqueue.") {
		return fmt.Errorf("sysctl '%s' is not allowed", s)
	}
	return nil
}

// checkLink is the check of --link that docker makes itself: CONTAINER or
// CONTAINER:ALIAS. That either part is empty it leaves to the daemon.
func checkLink(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("empty string specified for links")
	case strings.Count(s, ":") > 1:
		return "", dockerError("bad format for links: " + s)
	}
	return s, nil
}

// parseAddr reads an address of either family, which has no zone.
func parseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err == nil && a.Zone() != "" {
		err = errors.New("an address with a zone")
	}
	return a, err
}

// checkExtraHost is the check of --add-host: a name and an address, or host-gateway.
func checkExtraHost(s string) (string, error) {
	name, addr, ok := strings.Cut(s, ":")
	if !ok || name == "" {
		return "", dockerError("bad format for add-host: \"" + s + "\"")
	}
	if _, err := parseAddr(addr); addr != "host-gateway" && err != nil {
		return "", dockerError("invalid IP address in add-host: \"" + addr + "\"")
	}
	return s, nil
}

var (
	domainLetter  = regexp.MustCompile(`[a-zA-Z]`)
	domainPattern = regexp.MustCompile(`^(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))(:?\.(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])))*)\.?\s*$`)
)

// checkDomain is the check of --dns-search. A dot stands for no domain. The patterns are
// docker's, with a colon that was meant to be part of "(?:".
func checkDomain(s string) (string, error) {
	if s = strings.Trim(s, " "); s == "." {
		return s, nil
	}
	if m := domainPattern.FindStringSubmatch(s); domainLetter.MatchString(s) && m != nil && len(m[1]) < 255 {
		return m[1], nil
	}
	return "", dockerError(s + " is not a valid domain")
}

// checkLabel is the check of --label.
func checkLabel(s string) (string, error) {
	key, _, _ := strings.Cut(s, "=")
	switch key = strings.TrimLeft(key, " \t"); {
	case key == "":
		return "", dockerError("invalid label '" + s + "': empty name")
	case strings.ContainsAny(key, " \t"):
		return "", dockerError("label '" + key + "' contains whitespaces")
	}
	return s, nil
}

// checkStream is the check of --attach.
func checkStream(s string) (string, error) {
	switch s = strings.ToLower(s); s {
	case "stdin", "stdout", "stderr":
		return s, nil
	}
	return "", errors.New("valid streams are STDIN, STDOUT and STDERR")
}

// A networkFlag is what one --network asks for.
type networkFlag struct {
	target        string
	aliases       []string
	ip4, ip6, mac string
	options       map[string]string // of the driver
	priority      int               // of the gateway
}

// longNetwork finds the long form of --network, anywhere in it as docker does.
var longNetwork = regexp.MustCompile(`\w+=\w+(,\w+=\w+)*`)

// addNetworks adds --network, which takes a name or name=NAME,alias=ALIAS,ip=ADDRESS.
func (r *release) addNetworks(f *pflag.FlagSet) *[]networkFlag {
	var all []networkFlag
	f.Var(value{kind: "network", set: func(s string) error {
		n, err := r.parseNetworkFlag(s)
		if err == nil {
			all = append(all, n)
		}
		return err
	}}, "network", "Connect a container to a network")
	return &all
}

// parseNetworkFlag parses one --network. Keys and values of the long form are lowered, names of
// networks too, as docker does it.
func (r *release) parseNetworkFlag(s string) (n networkFlag, err error) {
	if !longNetwork.MatchString(s) {
		return networkFlag{target: s}, nil
	}
	fields, err := csv.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		return n, err
	}
	for _, field := range fields {
		key, v, ok := strings.Cut(field, "=")
		if !ok {
			return n, dockerError("invalid field " + field)
		}
		key, v = strings.TrimSpace(strings.ToLower(key)), strings.TrimSpace(strings.ToLower(v))
		switch key {
		case "name":
			n.target = v
		case "alias":
			n.aliases = append(n.aliases, v)
		case "ip":
			n.ip4 = v
		case "ip6":
			n.ip6 = v
		default:
			if err := r.setNetworkField(&n, key, v); err != nil {
				return n, err
			}
		}
	}
	if n.target == "" {
		return n, errors.New("network name/id is not specified")
	}
	return n, nil
}

// setNetworkField sets a field of the long form that not all releases have.
func (r *release) setNetworkField(n *networkFlag, key, v string) (err error) {
	switch {
	case key == "driver-opt":
		option, value, ok := strings.Cut(v, "=")
		if !ok || option == "" {
			return errors.New("invalid key value pair format in driver options")
		}
		if n.options == nil {
			n.options = make(map[string]string)
		}
		n.options[strings.TrimSpace(option)] = strings.TrimSpace(value)
	case r.since28 && key == "mac-address":
		n.mac = v
	case r.since28 && key == "gw-priority":
		if n.priority, err = strconv.Atoi(v); err != nil {
			return fmt.Errorf("invalid gw-priority (%s): %w", v, errors.Unwrap(err))
		}
	default:
		return dockerError("invalid field key " + key)
	}
	return nil
}
