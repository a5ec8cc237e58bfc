package iptables

import (
	"fmt"
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "LOG", begin: beginLog}, listLog)

// logWarning is the level of a LOG unless another is given.
const logWarning = 4

// maxLogPrefix is that of the kernel's xt_LOG without its closing 0. What is longer
// is cut.
const maxLogPrefix = 29

// beginLog reads
//
//	--log-level 0-7|emerg|alert|crit|error|warning|notice|info|debug
//	--log-prefix TEXT                          up to 29 bytes, what is longer is cut
//	--log-tcp-sequence, --log-tcp-options, --log-ip-options, --log-uid
func beginLog(*scope) *extension {
	t := nat.Log{Level: logWarning}
	return &extension{name: "LOG", target: func() nat.Target { return t }, options: []option{
		{names: []string{"log-level"}, set: func(value string, _ bool) error {
			n, ok := parseUint(value, 7)
			if !ok {
				var level uint8
				if level, ok = logLevelNames[value]; !ok {
					return wrong("log level \"%s\" unknown\n", value)
				}
				n = uint64(level)
			}
			t.Level = uint8(n)
			return nil
		}},
		{names: []string{"log-prefix"}, set: func(value string, _ bool) error {
			switch {
			case value == "":
				return wrong("Argument must have a minimum length of 1 characters\n")
			case strings.Contains(value, "\n"):
				return wrong("Newlines not allowed in --log-prefix")
			}
			t.Prefix = value[:min(len(value), maxLogPrefix)]
			return nil
		}},
		flagOption("log-tcp-sequence", &t.TCPSeq),
		flagOption("log-tcp-options", &t.TCPOpts),
		flagOption("log-ip-options", &t.IPOpts),
		flagOption("log-uid", &t.UID),
	}}
}

// listLog prints the flags by name, or with -n as the bits of the kernel's XT_LOG.
func listLog(t nat.Log, c column) (name, text string) {
	bits := 0
	for i, f := range []struct {
		name string
		set  bool
	}{{"tcp-sequence", t.TCPSeq}, {"tcp-options", t.TCPOpts}, {"ip-options", t.IPOpts}, {"uid", t.UID}} {
		if f.set {
			text, bits = text+" "+f.name, bits|1<<i
		}
	}
	if c.numeric {
		text = fmt.Sprintf("LOG flags %d level %d", bits, t.Level)
	} else {
		text = "LOG level " + logLevels[t.Level] + text
	}
	if t.Prefix != "" {
		text += ` prefix "` + t.Prefix + `"`
	}
	return "LOG", text
}

// logLevels are the names of syslog's levels that iptables -L prints, from 0.
var logLevels = []string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"}

// logLevelNames are those that it takes.
var logLevelNames = map[string]uint8{
	"emerg": 0, "panic": 0, "alert": 1, "crit": 2, "error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7,
}
