package shell

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"sync/atomic"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/edit"
	"drydock/sim/tools/shell/internal/jobs"
	"drydock/sim/tools/shell/internal/options"
	"drydock/sim/tools/shell/internal/streams"
	"drydock/sim/tools/shell/internal/words"

	"mvdan.cc/sh/v3/syntax"
)

const (
	maxLine    = 128 << 10 // MAX_ARG_STRLEN
	maxCalls   = 1000      // of functions, eval and source in each other: dash's MAXFUNCDEPTH
	maxNesting = 10_000    // of statements; each takes some KiB of the stack
	maxForks   = 500       // subshells that run at the same time
	maxDefined = 4 << 20   // text of all functions, and of all aliases
)

// A process is what a shell and its subshells share.
type process struct {
	*dialect
	hooks
	ctx        context.Context // of the process
	call       *command.Call
	source     source
	caught     <-chan command.Signal // signals; nil while none is caught
	foreground jobs.Foreground
	jobs       *jobs.Table   // of all subshells
	pid        int           // $$, also in jobs
	forks      *atomic.Int32 // subshells that run
	editor     *edit.Editor  // of a prompt
}

// hooks are what the interpreter calls and does not know: so files can be read from the ground
// up.
type hooks struct {
	builtins map[string]builtin
	bind     func(*shell)                                            // gives a shell its expansions
	extended func(s *shell, ctx context.Context, cmd syntax.Command) // commands that POSIX has not
}

// A source is where the script comes from, which messages tell.
type source int

const (
	fromLine     source = iota // sh -c LINE
	fromFile                   // sh FILE
	fromStdin                  // sh
	fromTerminal               // a prompt
)

// A builtin is a command of the shell itself. args[0] is its name.
type builtin func(s *shell, ctx context.Context, args []string) (status int)

// A flow is why statements that follow are not run.
type flow int

const (
	going flow = iota
	breaking
	continuing
	returning
	exiting
	abandoned // an interactive shell gives the line up
)

// A shell runs statements. A subshell is a copy with a state of its own: what it assigns and
// where it exits does not reach the one that it came from. A shell is used by one goroutine.
type shell struct {
	*process
	words.Expander
	definitions

	name    string // $0
	files   streams.Table
	options options.Set
	own     bool // the definitions are not shared with another shell
	sub     bool // it is a subshell
	job     bool // it is a process of its own, in the background
	group   *jobs.Group
	mine    jobs.List // that it has started

	interactive bool
	warned      bool            // that there are stopped jobs
	now         context.Context // of the statement that runs

	statementNow *syntax.Stmt // whose text a job has
	random       *rand.Rand   // $RANDOM; nil before its first use

	status     int // $?
	background int // $!
	substitute int // the status of the last command substitution, -1 if there was none
	line       uint
	lines      uint // before the text that is run
	flow       flow
	levels     int    // of loops to leave
	loops      int    // that it is in
	calls      int    // functions, eval and source that it is in
	sourced    int    // of these those from which one can return
	nesting    int    // statements in each other
	tested     int    // conditions in which errexit does not count
	last       bool   // the statement is the last one: its program can replace the shell
	keepFiles  bool   // exec has redirected for good
	getopts    [2]int // which argument getopts is at, and how many letters of it were read
	umask      uint32
}

// definitions are what scripts define. Shells share the maps until one of them changes something.
type definitions struct {
	funcs   map[string]*syntax.FuncDecl
	aliases map[string]string
	traps   map[string]string // by the signal's name without SIG
}

// change makes the definitions the shell's own before they change.
func (s *shell) change() {
	if s.own {
		return
	}
	s.own = true
	s.definitions = definitions{clone(s.funcs), clone(s.aliases), clone(s.traps)}
}

// clone is maps.Clone for a map that then is changed.
func clone[V any](m map[string]V) map[string]V {
	if m == nil {
		return make(map[string]V)
	}
	return maps.Clone(m)
}

// at returns where messages begin: "sh: 1: ".
func (s *shell) at() string {
	switch line := s.line + s.lines; {
	case s.bash && s.source == fromLine || (s.bash || s.busybox) && s.source == fromFile:
		return fmt.Sprintf("%s: line %d: ", s.name, line)
	case s.bash && s.source == fromTerminal:
		return path.Base(s.name) + ": "
	case s.bash || s.busybox:
		return s.name + ": "
	default:
		return fmt.Sprintf("%s: %d: ", s.name, line)
	}
}

// sysError writes what a system call says, without where that was.
func (s *shell) sysError(text string) { fmt.Fprintf(s.files.Writer(2), "%s: %s\n", s.name, text) }

// errorf writes a message to standard error, with where it happened and a newline.
func (s *shell) errorf(format string, args ...any) {
	fmt.Fprintf(s.files.Writer(2), "%s%s\n", s.at(), fmt.Sprintf(format, args...))
}

// fail ends the shell because of a fault in the script. An interactive one gives up the line.
func (s *shell) fail(status int, format string, args ...any) {
	s.errorf(format, args...)
	s.status = status
	s.giveUp()
}

// giveUp ends the shell, or what was typed at a prompt.
func (s *shell) giveUp() {
	if s.flow = exiting; s.interactive {
		s.flow = abandoned
	}
}

// faults is the status of a fault of the shell: a redirection, a builtin called in a wrong way.
func (s *shell) faults() int {
	if s.bash || s.busybox {
		return 1
	}
	return 2
}

// expansion ends the shell because of words that cannot be expanded.
func (s *shell) expansion(err error) {
	status := 2
	if s.bash {
		status = 1
	}
	var fault *words.Fault
	if errors.As(err, &fault) && fault.Status != 0 && s.source == fromLine {
		status = fault.Status // bash's 127 for set -u is only that of -c
	}
	s.fail(status, "%v", err)
}

// stopped tells whether no further statement is to be run. It asks the context, as commands
// may ignore it.
func (s *shell) stopped(ctx context.Context) bool {
	if ctx.Err() != nil && s.flow != exiting {
		s.status = command.Interrupted(ctx)
		s.giveUp()
	}
	return s.flow != going
}

// subshell returns a shell with a state of its own.
func (s *shell) subshell() *shell {
	sub := *s
	s.own, sub.own = false, false
	sub.sub, sub.last, sub.keepFiles = true, false, false
	sub.Vars = s.Vars.Clone()
	sub.mine, sub.loops, sub.flow, sub.random = nil, 0, going, nil
	sub.traps = nil // POSIX: caught signals are as before in a subshell
	s.bind(&sub)
	return &sub
}

// fork accounts for a subshell that runs beside this one. There may be so many that what
// doubles itself, f() { f | f & }, ends.
func (s *shell) fork() (done func(), ok bool) {
	if s.forks.Add(1) > maxForks {
		s.forks.Add(-1)
		s.noFork()
		return nil, false
	}
	return func() { s.forks.Add(-1) }, true
}

func (s *shell) noFork() {
	s.fail(command.NoFork, "%s", s.words("fork: retry: Resource temporarily unavailable", "Cannot fork", "can't fork: Resource temporarily unavailable"))
}

// one is the status of a condition.
func one(failed bool) int {
	if failed {
		return 1
	}
	return 0
}
