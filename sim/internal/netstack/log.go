package netstack

import (
	"strings"
	"time"

	"gvisor.dev/gvisor/pkg/log"
)

// Netstack writes to stderr whenever it cannot answer a SYN, for which a host without a
// route back is enough. Linux says nothing of that, so it is taken out; the rest of what
// gVisor logs goes where it went.
func init() { log.SetTarget(withoutSYNs{log.Log().Emitter}) }

// withoutSYNs passes on all messages but those of SYNs that were not answered.
type withoutSYNs struct{ next log.Emitter }

// Emit implements log.Emitter.
func (w withoutSYNs) Emit(depth int, level log.Level, timestamp time.Time, format string, v ...any) {
	if !strings.HasPrefix(format, "tcp.Endpoint.handleListenSegment() failed") {
		w.next.Emit(depth+1, level, timestamp, format, v...)
	}
}
