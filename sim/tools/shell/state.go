package shell

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/edit"
	"drydock/sim/tools/shell/internal/words"

	"mvdan.cc/sh/v3/syntax"
)

const (
	maxLine    = 128 << 10 // MAX_ARG_STRLEN
	maxCalls   = 1000      // of functions, eval and source in each other: dash's MAXFUNCDEPTH
	maxNesting = 10_000    // of statements; each takes some KiB of the stack
	maxForks   = 500       // subshells that run at the same time
	maxFuncs   = 4 << 20   // text of all functions
)

// A process is what a shell and its subshells share.
type process struct {
	*dialect
	builtins map[string]builtin
	ctx      context.Context // of the process
	call     *command.Call
	source   source
	caught   <-chan command.Signal // signals; nil while none is caught
	terminal command.Terminal      // of an interactive shell; nil if there is none
	jobs     *jobTable             // of all subshells
	forks    atomic.Int32
	editor   *edit.Editor // of a prompt
	bind     func(*shell) // gives a shell its expansions
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

// options are those of set.
type options struct {
	errexit, nounset, xtrace, noglob, pipefail, allexport, noexec bool
}

// A shell runs statements. A subshell is a copy with a state of its own: what it assigns and
// where it exits does not reach the one that it came from. A shell is used by one goroutine.
type shell struct {
	*process
	words.Expander

	name    string // $0
	files   files
	funcs   map[string]*syntax.FuncDecl
	aliases map[string]string
	traps   map[string]string
	options options
	own     bool // funcs, aliases and traps are not shared with another shell
	sub     bool // it is a subshell
	job     bool // it is a process of its own, in the background

	interactive bool
	now         context.Context // of the statement that runs
	random      *rand.Rand      // $RANDOM; nil before its first use
	group       *group
	mine        []*job // that it has started

	status     int // $?
	background int // $!
	substitute int // the status of the last command substitution, -1 if there was none
	line       uint
	lines      uint // before the text that is run
	flow       flow
	levels     int  // of loops to leave
	loops      int  // that it is in
	calls      int  // functions, eval and source that it is in
	sourced    int  // of these those from which one can return
	nesting    int  // statements in each other
	tested     int  // conditions in which errexit does not count
	last       bool // the statement is the last one: its program can replace the shell
	keepFiles  bool // exec has redirected for good
	getopts    int  // letters of the argument that getopts has read
	getoptsAt  int  // which argument that is
	umask      uint32
}

// at returns where messages begin: "sh: 1: ".
func (s *shell) at() string {
	switch line := s.line + s.lines; {
	case s.bash && s.source == fromLine || (s.bash || s.busybox) && s.source == fromFile:
		return fmt.Sprintf("%s: line %d: ", s.name, line)
	case s.bash || s.busybox:
		return s.name + ": "
	default:
		return fmt.Sprintf("%s: %d: ", s.name, line)
	}
}

// errorf writes a message to standard error, with where it happened and a newline.
func (s *shell) errorf(format string, args ...any) {
	fmt.Fprintf(s.files.writer(2), "%s%s\n", s.at(), fmt.Sprintf(format, args...))
}

// errorfAt is errorf for a fault of the whole line, which bash shows as one of "bash: -c".
func (s *shell) errorfAt(at string, line uint, message string) {
	if s.interactive {
		fmt.Fprintf(s.files.writer(2), "%s: %s\n", at, message)
		return
	}
	fmt.Fprintf(s.files.writer(2), "%s: line %d: %s\n", at, line+s.lines, message)
}

// say is errorf with the words of the dialect.
func (s *shell) say(bash, dash string, args ...any) {
	s.errorf(s.words(bash, dash, ""), args...)
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

// faults is the status of a fault of the shell: of its words, redirections and so on.
func (s *shell) faults() int {
	if s.bash || s.busybox {
		return 1
	}
	return 2
}

// usage is the status of a builtin that was called in a wrong way: dash's are as faults.
func (s *shell) usage() int { return s.faults() }

// change makes funcs, aliases and traps its own before they change.
func (s *shell) change() {
	if s.own {
		return
	}
	s.own = true
	s.funcs, s.aliases, s.traps = clone(s.funcs), clone(s.aliases), clone(s.traps)
}

func clone[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
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
