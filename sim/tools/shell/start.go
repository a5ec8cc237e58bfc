package shell

import (
	"context"
	"io"
	"path"
	"strconv"
	"strings"
	"sync/atomic"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/jobs"
	"drydock/sim/tools/shell/internal/streams"
	"drydock/sim/tools/shell/internal/vars"
	"drydock/sim/tools/shell/internal/words"

	"mvdan.cc/sh/v3/syntax"
)

// The shells. As process 1 they notice no signal but those for which there are traps.
var (
	Sh   = command.Uncaught(dash.run)    // dash, Debian's sh
	Bash = command.Uncaught(bash.run)    // bash 5.2 of Debian 12
	Ash  = command.Uncaught(busybox.run) // that of busybox, Alpine's sh

	// Bash42 is bash 4.2, also the sh of CentOS 7. It is told from Bash by its number and by the
	// order of the environment.
	Bash42 = command.Uncaught(bash42.run)
)

// Commands returns the commands of the package.
func Commands() command.Table { return command.Table{"sh": Sh, "dash": Sh, "bash": Bash, "ash": Ash} }

// arguments are what the command line of a shell says.
type arguments struct {
	line        string
	hasLine     bool
	interactive bool
	stdin       bool
	login       bool
	noRC        bool
	rest        []string
}

// run is a shell as a program.
func (d *dialect) run(ctx context.Context, c *command.Call) int {
	s := d.newShell(ctx, c)
	defer s.jobs.End()
	a, status := s.arguments(c.Args[1:])
	if status != 0 {
		return status
	}
	s.login(ctx, a)
	switch {
	case s.flow != going:
	case a.hasLine:
		if len(a.line) > maxLine {
			return c.Fail(126, "%s: Argument list too long\n", c.Args[0])
		}
		s.source = fromLine
		if len(a.rest) > 0 {
			s.name, s.Params = a.rest[0], a.rest[1:]
		}
		s.text(ctx, a.line)
	case len(a.rest) > 0 && !a.stdin:
		if status := s.scriptFile(ctx, a.rest); status != 0 {
			return status
		}
	default:
		s.Params = a.rest
		terminal := command.TerminalOf(c.Stdin)
		if a.interactive || terminal != nil && command.TerminalOf(c.Stderr) != nil {
			return s.interact(ctx, terminal, a)
		}
		s.source = fromStdin
		s.standardInput(ctx)
	}
	s.leave(ctx)
	return s.status
}

// newShell returns a shell with the streams and the environment of the call.
func (d *dialect) newShell(ctx context.Context, c *command.Call) *shell {
	p := &process{dialect: d, ctx: ctx, call: c, jobs: jobs.NewTable(ctx), pid: c.Process().PID, forks: new(atomic.Int32)}
	s := &shell{process: p, name: c.Args[0], now: ctx, umask: 0o022}
	s.files = streams.Table{streams.New(c.Stdin, nil, nil), streams.New(nil, c.Stdout, nil), streams.New(nil, c.Stderr, nil)}
	s.Expander = words.Expander{Vars: vars.New(c.Env, syntax.ValidName, d.order), Dir: path.Clean("/" + c.Dir), Bash: d.bash, Extended: d.bash || d.busybox}
	s.hooks = hooks{builtins: builtinsOf(d), extended: bashCommand, bind: func(s *shell) {
		s.Special, s.Substitute, s.Home, s.ReadDir = s.special, s.substitution, s.home, s.readDir
	}}
	s.bind(s)
	v := s.Vars
	v.Unset("OPTARG")
	for name, value := range map[string]string{"IFS": " \t\n", "OPTIND": "1", "PS4": "+ "} {
		v.Unset(name) // not as the environment has it
		v.Assign(name, value)
	}
	v.Assign("PWD", s.Dir)
	v.Export("PWD")
	if d.bash || d.busybox {
		level, _ := v.Get("SHLVL")
		n, _ := strconv.Atoi(level)
		v.Assign("SHLVL", strconv.Itoa(max(0, n)+1))
		v.Export("SHLVL")
	}
	if d.bash {
		v.Assign("BASH_VERSION", d.release)
	}
	return s
}

// arguments parses the command line. A status that is not 0 ends the shell.
func (s *shell) arguments(args []string) (a arguments, status int) {
	s.line = 0
	s.source = fromStdin
	a.login = strings.HasPrefix(s.name, "-")
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		if strings.HasPrefix(arg, "--") && s.bash {
			if !a.long(arg) {
				s.errorf("%s: invalid option", arg)
				return a, 2
			}
			continue
		}
		var bad byte
		if args, bad = s.letterOptions(&a, arg, args); bad != 0 {
			s.errorf(s.words("%s%c: invalid option", "Illegal option %s%c", "illegal option %s%c"), arg[:1], bad)
			return a, 2
		}
	}
	s.NoUnset, s.NoGlob = s.options.Nounset, s.options.Noglob
	if len(args) > 0 && args[0] == "-" {
		args = args[1:]
	}
	if a.hasLine {
		if len(args) == 0 {
			s.errorf("%s", s.words("-c: option requires an argument", "-c requires an argument", "-c requires an argument"))
			return a, 2
		}
		a.line, args = args[0], args[1:]
	}
	a.rest = args
	return a, 0
}

// letterOptions takes the letters of one argument, and the name that -o has from the next. bad
// is one that is no option.
func (s *shell) letterOptions(a *arguments, arg string, args []string) (rest []string, bad byte) {
	for _, c := range []byte(arg[1:]) {
		switch on := s.options.ByLetter(c); {
		case c == 'c':
			a.hasLine = true
		case c == 'i':
			a.interactive = true
		case c == 's':
			a.stdin = true
		case c == 'l':
			a.login = true
		case c == 'o' && len(args) > 0 && s.options.ByName(args[0]) != nil:
			*s.options.ByName(args[0]) = arg[0] == '-'
			args = args[1:]
		case on == nil:
			return nil, c
		default:
			*on = arg[0] == '-'
		}
	}
	return args, 0
}

// long takes a long option of bash.
func (a *arguments) long(arg string) bool {
	switch arg {
	case "--login":
		a.login = true
	case "--norc":
		a.noRC = true
	case "--noprofile":
		a.login = false
	default:
		return false
	}
	return true
}

// login runs the files of a login shell.
func (s *shell) login(ctx context.Context, a arguments) {
	if !a.login {
		return
	}
	s.runFile(ctx, "/etc/profile")
	home, _ := s.Vars.Get("HOME")
	names := []string{".profile"}
	if s.bash {
		names = []string{".bash_profile", ".bash_login", ".profile"}
	}
	for _, name := range names {
		if s.flow == going && s.runFile(ctx, path.Join(home, name)) {
			return
		}
	}
}

// runFile runs a file in this shell if it is there.
func (s *shell) runFile(ctx context.Context, name string) bool {
	text, err := s.readScript(name)
	if err == nil {
		source := s.source
		s.source = fromFile
		s.sourced++
		s.evaluate(ctx, text)
		s.sourced--
		if s.source = source; s.flow == returning {
			s.flow = going
		}
	}
	return err == nil
}

// scriptFile runs a script.
func (s *shell) scriptFile(ctx context.Context, args []string) (status int) {
	text, err := s.readScript(args[0])
	if err != nil {
		message := s.cannotOpen(args[0], 0, err)
		if s.busybox {
			message = "can't open '" + args[0] + "': " + command.Reason(err)
		}
		s.errorf("%s", message)
		if s.bash {
			return command.NotFound
		}
		return 2
	}
	s.source, s.name, s.Params = fromFile, args[0], args[1:]
	s.text(ctx, text)
	return 0
}

// standardInput runs a script from standard input. It reads no further than the line that it runs, as
// that may read on.
func (s *shell) standardInput(ctx context.Context) {
	var text strings.Builder
	for s.flow == going {
		line, err := readScriptLine(ctx, s.files.Reader(0))
		text.WriteString(line)
		if err == nil && !s.complete(text.String()) {
			continue
		}
		lines := uint(strings.Count(text.String(), "\n"))
		s.text(ctx, text.String())
		s.lines += lines
		text.Reset()
		if err != nil {
			return
		}
		if s.stopped(ctx) {
			return
		}
	}
}

// complete tells whether a text needs no further line.
func (s *shell) complete(text string) bool {
	if fits(text) != nil {
		return true // which is a fault
	}
	_, err := s.parse(text)
	if err == nil {
		return !strings.HasSuffix(text, "\\\n")
	}
	return !syntax.IsIncomplete(err)
}

// readScriptLine reads a line with its end.
func readScriptLine(ctx context.Context, r io.Reader) (string, error) {
	var line []byte
	for len(line) <= maxLine {
		c, err := readByte(ctx, r)
		if err != nil {
			return string(line), err
		}
		if line = append(line, c); c == '\n' {
			break
		}
	}
	return string(line), nil
}
