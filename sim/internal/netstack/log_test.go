package netstack

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/log"
)

func TestWithoutSYNs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := log.BasicLogger{Level: log.Info, Emitter: withoutSYNs{log.GoogleEmitter{Writer: &log.Writer{Next: &out}}}}
	l.Warningf("tcp.Endpoint.handleListenSegment() failed for packet %d", 1)
	require.Empty(t, out.String())
	l.Warningf("something else %d", 2)
	require.Regexp(t, `^W.* log_test.go:\d+\] something else 2\n$`, out.String())
}
