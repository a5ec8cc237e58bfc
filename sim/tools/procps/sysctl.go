package procps

import (
	"context"
	"errors"
	"slices"
	"strings"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// A kernel is a machine with settings.
type kernel interface {
	Sysctl(key string) (string, error)
	Sysctls() []sim.Sysctl
	SetSysctl(key, value string) error
}

// A sysctl is one run of the command.
type sysctl struct {
	*command.Call
	kernel                          kernel
	all, write, values, names, bare bool
	quiet, ignore, load, dryRun     bool
	version, help                   bool
	file                            string
}

// Sysctl is sysctl(8).
func Sysctl(_ context.Context, c *command.Call) int {
	s := &sysctl{Call: c}
	args, err := s.options(c.Args[1:])
	if err != nil {
		return c.Fail(1, "sysctl: %v\n%s", err, sysctlUsage)
	}
	switch {
	case s.help:
		c.Printf("%s", sysctlUsage)
		return 0
	case s.version:
		c.Printf("sysctl from procps-ng 4.0.2\n")
		return 0
	}
	var ok bool
	if s.kernel, ok = c.Machine.(kernel); !ok {
		return c.Fail(1, "sysctl: unable to open directory \"/proc/sys/\"\n")
	}
	switch {
	case s.all:
		for _, k := range s.kernel.Sysctls() {
			s.print(k.Key, k.Value)
		}
		return 0
	case s.load:
		return s.loadFile(args)
	case len(args) == 0 && len(c.Args) == 1:
		return c.Fail(1, sysctlUsage)
	case len(args) == 0:
		return c.Fail(1, "sysctl: no variables specified\nTry `sysctl --help' for more information.\n")
	}
	status := 0
	for _, arg := range args {
		status = max(status, s.do(arg))
	}
	return status
}

const sysctlUsage = `
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
`

func (s *sysctl) options(args []string) (rest []string, err error) {
	flag := func(names string, is *bool) command.Option {
		return command.Option{Names: names, Set: func(string, string) error { *is = true; return nil }}
	}
	var help bool
	// The file of --load stands joined to it or is the first of the arguments.
	for i, arg := range args {
		if file, ok := strings.CutPrefix(arg, "--load="); ok {
			args = slices.Clone(args)
			args[i], s.file = "--load", file
		}
	}
	rest, err = command.Getopt(args, []command.Option{
		flag("a A X all", &s.all), flag("w write", &s.write), flag("n values", &s.values), flag("N names", &s.names),
		flag("b binary", &s.bare), flag("q quiet", &s.quiet), flag("e ignore", &s.ignore), flag("p f load", &s.load),
		flag("dry-run", &s.dryRun), flag("V version", &s.version), flag("h help", &help),
	})
	s.help = help
	return rest, err
}

// do shows or sets what an argument names. With -w each must set something.
func (s *sysctl) do(arg string) (status int) {
	key, value, set := strings.Cut(arg, "=")
	switch {
	case set:
		return s.set(strings.TrimSpace(key), strings.TrimSpace(value))
	case s.write:
		return s.Fail(1, "sysctl: command line(0): invalid syntax, continuing...\n")
	}
	return s.show(keyOf(strings.TrimSpace(key)))
}

// keyOf returns a key with dots, which may be written as the path in /proc/sys.
func keyOf(s string) string {
	if at := strings.IndexAny(s, "./"); at >= 0 && s[at] == '/' {
		// Dots are then those of names: of the interface eth0.1 for one.
		return strings.Map(func(r rune) rune {
			switch r {
			case '/':
				return '.'
			case '.':
				return '/'
			}
			return r
		}, s)
	}
	return s
}

// show prints a value, or all that a directory has.
func (s *sysctl) show(key string) (status int) {
	v, err := s.kernel.Sysctl(key)
	if err == nil {
		s.print(key, v)
		return 0
	}
	found := false
	for _, k := range s.kernel.Sysctls() {
		if key != "" && strings.HasPrefix(k.Key, strings.TrimSuffix(key, ".")+".") {
			s.print(k.Key, k.Value)
			found = true
		}
	}
	if found {
		return 0
	}
	return s.fail(err)
}

func (s *sysctl) print(key, value string) {
	switch {
	case s.names:
		s.Printf("%s\n", key)
	case s.bare:
		s.Printf("%s", value)
	case s.values:
		s.Printf("%s\n", value)
	default:
		s.Printf("%s = %s\n", key, value)
	}
}

func (s *sysctl) set(key, value string) (status int) {
	if key == "" || value == "" {
		return s.Fail(1, "sysctl: command line(0): invalid syntax, continuing...\n")
	}
	key = keyOf(key)
	if !s.dryRun {
		if err := s.kernel.SetSysctl(key, value); err != nil {
			return s.fail(err)
		}
	}
	if !s.quiet {
		s.print(key, value)
	}
	return 0
}

// fail prints an error, which has sysctl's words. With -e an unknown key is none.
func (s *sysctl) fail(err error) (status int) {
	if s.ignore && errors.Is(err, sim.ErrNotFound) {
		return 0
	}
	return s.Fail(1, "%v\n", err)
}

// loadFile sets what a file says, /etc/sysctl.conf unless one is named.
func (s *sysctl) loadFile(args []string) (status int) {
	files := args
	switch {
	case s.file != "":
		files = append([]string{s.file}, files...)
	case len(files) == 0:
		files = []string{"/etc/sysctl.conf"}
	}
	for _, name := range files {
		text, err := s.ReadFile(name)
		if err != nil {
			status = s.Fail(1, "sysctl: cannot open %q: %s\n", name, command.Reason(err))
			continue
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || line[0] == ';' {
				continue
			}
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				s.Errorf("sysctl: %s: invalid syntax, continuing...\n", name)
				continue
			}
			status = max(status, s.set(strings.TrimSpace(key), strings.TrimSpace(value)))
		}
	}
	return status
}
