package netstack

import (
	"bytes"
	"context"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/log"
)

// A logbook is a writer for several goroutines.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// TestGVisorLog has what gVisor would say on stderr. It is not parallel, because its logger
// is the process's.
func TestGVisorLog(t *testing.T) {
	var out logbook
	log.SetTarget(log.GoogleEmitter{Writer: &log.Writer{Next: &out}})
	defer log.SetTarget(log.GoogleEmitter{Writer: &log.Writer{Next: os.Stderr}})
	for _, router := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a, b := newPair(t, Options{Seed: 1, Virtual: true, Router: router})
			_, err := b.Listen(bg, "tcp", ":80")
			require.NoError(t, err)
			addAddrs(t, a, "192.0.2.9/32", "2001:db8::9/128") // b has no way there
			for local, to := range map[string]string{"192.0.2.9": "10.0.0.2:80", "2001:db8::9": "[fd00::2]:80"} {
				c, err := a.DialContext(bg, "tcp", to)
				require.NoError(t, err, "and the neighbour is known")
				require.NoError(t, c.Close())
				ctx, cancel := context.WithTimeout(bg, 5*time.Second)
				_, err = (&Dialer{Stack: a, LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}).DialContext(ctx, "tcp", to)
				cancel()
				require.ErrorIs(t, err, context.DeadlineExceeded)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := newPingWire(t, nil)
		for _, addrs := range [][2]string{{"10.0.0.2", "127.0.0.11"}, {"127.0.0.1", "10.0.0.1"}} {
			w.send(pingPacket(addrs[0], addrs[1], []byte{8, 0, 0, 0, 0, 0, 0, 1}))
		}
		time.Sleep(time.Second)
		ip := w.stack.stack.Stats().IP
		assert.EqualValues(t, 1, ip.InvalidDestinationAddressesReceived.Value())
		assert.EqualValues(t, 1, ip.InvalidSourceAddressesReceived.Value())
	})
	assert.Empty(t, out.String())
}
