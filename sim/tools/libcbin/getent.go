package libcbin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A lookup is one run of getent.
type lookup struct {
	*command.Call
	ctx context.Context
}

// A database prints what it has for a key and tells whether that is something. The key ""
// is all.
type database func(l lookup, key string) bool

var databases = map[string]database{
	"hosts":     lookup.hosts,
	"ahosts":    func(l lookup, key string) bool { return l.ahosts("ip", key) },
	"ahostsv4":  func(l lookup, key string) bool { return l.ahosts("ip4", key) },
	"ahostsv6":  func(l lookup, key string) bool { return l.ahosts("ip6", key) },
	"services":  lookup.services,
	"protocols": lookup.protocols,
	"passwd":    func(l lookup, key string) bool { return l.colons("/etc/passwd", key) },
	"group":     func(l lookup, key string) bool { return l.colons("/etc/group", key) },
}

const try = "Try `getent --help' or `getent --usage' for more information.\n"

const help = `Usage: getent [OPTION...] database [key ...]
Get entries from administrative database.

  -?, --help                 Give this help list

Supported databases:
ahosts ahostsv4 ahostsv6 group hosts passwd protocols services
`

// errHelp is -?.
var errHelp = errors.New("help")

// exUsage is argp's status for an option that it does not know.
const exUsage = 64

// Getent is getent(1).
func Getent(ctx context.Context, c *command.Call) int {
	args, err := command.Getopt(c.Args[1:], []command.Option{{Names: "? help", Set: func(string, string) error { return errHelp }}})
	switch {
	case err == errHelp:
		c.Printf(help)
		return 0
	case err != nil:
		return c.Fail(exUsage, "getent: %v\n%s", err, try)
	case len(args) == 0:
		return c.Fail(1, "getent: wrong number of arguments\n%s", try)
	}
	find, ok := databases[args[0]]
	if !ok {
		return c.Fail(1, "Unknown database: %s\n%s", args[0], try)
	}
	keys := args[1:]
	if len(keys) == 0 {
		find(lookup{c, ctx}, "")
		return 0
	}
	status := 0
	for _, key := range keys {
		if key == "" || !find(lookup{c, ctx}, key) {
			status = 2
		}
	}
	return status
}

// entries returns the fields of each line of a file, without comments. separators part
// them.
func (l lookup) entries(file, separators string) (list [][]string) {
	text, _ := l.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(separators, r) })
		if len(fields) > 1 {
			list = append(list, fields)
		}
	}
	return list
}

const blanks = " \t\r\n"

// services prints services. A key is a name or a port, with or without a protocol.
func (l lookup) services(key string) bool {
	all := inet.ReadServices(l.Call)
	if key == "" {
		for _, s := range all {
			l.service(s)
		}
		return true
	}
	name, protocol, _ := strings.Cut(key, "/")
	s, ok := all.Find(name, protocol)
	if port, err := strconv.ParseUint(name, 10, 16); err == nil {
		s, ok = all.At(uint16(port), protocol)
	}
	if ok {
		l.service(s)
	}
	return ok
}

func (l lookup) service(s inet.Service) {
	l.Printf("%-21s %d/%s%s\n", s.Name, s.Port, s.Protocol, joined(s.Aliases))
}

// joined returns words with a space before each.
func joined(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " " + strings.Join(words, " ")
}

// protocols prints lines of /etc/protocols.
func (l lookup) protocols(key string) (found bool) {
	for _, f := range l.entries("/etc/protocols", blanks) {
		if key == "" || slices.Contains(f, key) {
			l.Printf("%-21s %s%s\n", f[0], f[1], joined(f[2:]))
			found = true
		}
		if found && key != "" {
			break
		}
	}
	return found
}

// colons prints lines of passwd or group. A key is a name or a number, which is the third
// field.
func (l lookup) colons(file, key string) bool {
	text, _ := l.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		fields := strings.Split(line, ":")
		if key != "" && (len(fields) < 3 || fields[0] != key && fields[2] != key) {
			continue
		}
		l.Printf("%s\n", line)
		if key != "" {
			return true
		}
	}
	return key == ""
}
