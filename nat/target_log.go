package nat

import (
	"context"
	"fmt"
	"log/slog"

	"drydock/nat/internal/words"
)

// Log writes the packet to the logger of the tables and goes on with the next rule. The line
// is what Linux would write to the log of its kernel; the level of slog is Error up to err,
// Warn for warning, Info for notice and info, and Debug. What is not logged is not composed.
type Log struct {
	Level   uint8  // syslog's, 0 to 7; 4, warning, unless given
	Prefix  string // up to 29 bytes
	TCPSeq  bool
	TCPOpts bool
	IPOpts  bool
	UID     bool
}

var _ = reserve("LOG")

// maxLogPrefix is that of the kernel's xt_LOG without its closing 0.
const maxLogPrefix = 29

// logWarning is the level of a Log unless another is given.
const logWarning = 4

func (t Log) String() string {
	s := "-j LOG"
	if t.Prefix != "" {
		s += " --log-prefix " + words.Quote(t.Prefix)
	}
	if t.Level != logWarning {
		s += fmt.Sprintf(" --log-level %d", t.Level)
	}
	for _, f := range t.flags() {
		if f.set {
			s += " --log-" + f.name
		}
	}
	return s
}

type logFlag struct {
	name string
	set  bool
}

// flags are in the order of the bits of the kernel's XT_LOG flags.
func (t Log) flags() []logFlag {
	return []logFlag{{"tcp-sequence", t.TCPSeq}, {"tcp-options", t.TCPOpts}, {"ip-options", t.IPOpts}, {"uid", t.UID}}
}

func (Log) place() place { return anywhere }

// checked refuses a prefix that is too long, which the command line cuts: a Go value that
// is changed without a word would be a surprise.
func (t Log) checked(setting) (Target, error) {
	if t.Level > 7 || len(t.Prefix) > maxLogPrefix {
		return nil, ErrValue
	}
	return t, nil
}

// apply writes the line that Linux would to the log of its kernel.
func (t Log) apply(h *host, p *packet) verdict {
	h.log(t.Level, func() string { return t.line(p) })
	return carryOn
}

// log writes a line of one of syslog's levels, which is composed only if it is wanted.
func (h *host) log(syslog uint8, line func() string) {
	logger := h.logger
	if logger == nil {
		logger = slog.Default()
	}
	if ctx, level := context.Background(), slogLevel(syslog); logger.Enabled(ctx, level) {
		logger.Log(ctx, level, line())
	}
}

// slogLevel returns slog's level for one of syslog's.
func slogLevel(n uint8) slog.Level {
	switch {
	case n < 4:
		return slog.LevelError
	case n == 4:
		return slog.LevelWarn
	case n < 7:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}
