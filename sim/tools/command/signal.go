package command

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// A Signal is one of Linux, by its number there, on whatever system the program runs. It
// is the cause of the context of a command that it ends.
type Signal int

// The signals that programs meet: signal(7).
const (
	SIGHUP   Signal = 1
	SIGINT   Signal = 2
	SIGQUIT  Signal = 3
	SIGABRT  Signal = 6
	SIGKILL  Signal = 9
	SIGUSR1  Signal = 10
	SIGUSR2  Signal = 12
	SIGPIPE  Signal = 13
	SIGALRM  Signal = 14
	SIGTERM  Signal = 15
	SIGCHLD  Signal = 17
	SIGCONT  Signal = 18
	SIGSTOP  Signal = 19
	SIGTSTP  Signal = 20
	SIGTTIN  Signal = 21
	SIGTTOU  Signal = 22
	SIGURG   Signal = 23
	SIGWINCH Signal = 28
)

// signalNames are the names of all signals but the real-time ones, by number.
var signalNames = strings.Fields("EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD " +
	"CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS")

// lastSignal is SIGRTMAX.
const lastSignal = 64

// ParseSignal returns the signal that a name or a number means, as kill(1) and docker
// kill take it: "TERM", "SIGTERM", "sigterm" and "15".
func ParseSignal(s string) (Signal, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return Signal(n), n > 0 && n <= lastSignal
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	for n, known := range signalNames[1:] {
		if name == known {
			return Signal(n + 1), true
		}
	}
	return 0, false
}

// String returns the name, "SIGTERM".
func (s Signal) String() string {
	if s > 0 && int(s) < len(signalNames) {
		return "SIG" + signalNames[s]
	}
	return "signal " + strconv.Itoa(int(s))
}

// Error returns "killed by SIGTERM".
func (s Signal) Error() string { return "killed by " + s.String() }

// ExitCode returns what a shell tells of a process that the signal ended: 128 and the
// number.
func (s Signal) ExitCode() int { return 128 + int(s) }

// Stops reports whether the signal stops a process that has not asked for it.
func (s Signal) Stops() bool { return s >= SIGSTOP && s <= SIGTTOU }

// Ends reports whether the signal ends a process that has not asked for it.
func (s Signal) Ends() bool {
	switch s {
	case SIGCHLD, SIGCONT, SIGURG, SIGWINCH:
		return false
	}
	return !s.Stops()
}

// Interrupted returns the status of a command that ends since ctx is done: that of the
// signal which ended it, and of SIGINT if somebody else canceled it.
func Interrupted(ctx context.Context) (status int) {
	var s Signal
	if errors.As(context.Cause(ctx), &s) {
		return s.ExitCode()
	}
	return SIGINT.ExitCode()
}
