package netstack

import (
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/veth"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

func TestZZ(t *testing.T) {
	_ = netip.Addr{}
	for i := range 300 {
		var mu sync.Mutex
		var log []string
		failed := t.Run("x", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end1, end2, err := veth.Pair(veth.WithSeed(1))
				require.NoError(t, err)
				opts := Options{Seed: 1, Virtual: true}
				a, b := newEnd(t, opts, end1, 1), newEnd(t, opts, end2, 2)
				start := time.Now()
				end1.Tap(func(tp veth.Tapped) {
					f := tp.Frame
					if len(f) < 14+20+20 || f[12] != 8 || f[13] != 0 {
						return
					}
					ip := header.IPv4(f[14:])
					tc := header.TCP(ip.Payload())
					mu.Lock()
					defer mu.Unlock()
					log = append(log, fmt.Sprintf("%v %v %d->%d flags %v seq %d ack %d wnd %d len %d", time.Since(start), tp.Direction, tc.SourcePort(), tc.DestinationPort(), tc.Flags(), tc.SequenceNumber(), tc.AckNumber(), tc.WindowSize(), len(tc.Payload())))
				})
				http100(t, env{a, b, "10.0.0.2", false, true})
				if t.Failed() {
					mu.Lock()
					for _, s := range []*Stack{a, b} {
						st := s.stack.Stats().TCP
						log = append(log, fmt.Sprint("resets sent ", st.ResetsSent.Value(), " resets rcvd ", st.ResetsReceived.Value(), " retrans ", st.Retransmits.Value(), " timeouts ", st.Timeouts.Value(), " estresets ", st.EstablishedResets.Value(), " timedout ", st.EstablishedTimedout.Value(), " dropped ", s.stack.Stats().DroppedPackets.Value(), " failedconn ", st.FailedConnectionAttempts.Value()))
					}
					mu.Unlock()
				}
			})
		})
		if !failed {
			f, _ := os.Create("/tmp/zz.log")
			for _, l := range log {
				fmt.Fprintln(f, l)
			}
			f.Close()
			t.Log("run", i)
			return
		}
	}
}
