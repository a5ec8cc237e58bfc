package sim_test

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestPublishedPortsByTheirPort keeps clients from published ports as Docker's documentation
// has it: in DOCKER-USER, where the destination is translated already, by what the
// connection was asked for. Both ports lead to port 80.
func TestPublishedPortsByTheirPort(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		web := simtest.Run(t, l.docker, "web", sim.WithPublish("8080:80"), sim.WithPublish("8081:80"))
		who(t, web, "tcp", "80")
		dial := func(port string) error {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			c, err := l.peer.DialContext(ctx, "tcp", "172.16.80.10:"+port)
			if err == nil {
				c.Close()
			}
			synctest.Wait()
			return err
		}
		require.NoError(t, dial("8080"))
		runIptables(t, l.docker, "-I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP")
		require.ErrorIs(t, dial("8080"), context.DeadlineExceeded)
		require.NoError(t, dial("8081"))
		runIptables(t, l.docker, "-R DOCKER-USER 1 -i eth0 -p tcp -m conntrack --ctstate DNAT --ctorigdst 172.16.80.10 --ctorigdstport 8080 -j REJECT --reject-with tcp-reset")
		require.ErrorIs(t, dial("8080"), syscall.ECONNREFUSED)
		require.NoError(t, dial("8081"))
		runIptables(t, l.docker, "-R DOCKER-USER 1 -p tcp -m conntrack ! --ctorigdst 172.16.80.11 --ctreplsrc 172.17.0.2 --ctdir ORIGINAL -j REJECT --reject-with tcp-reset")
		require.ErrorIs(t, dial("8081"), syscall.ECONNREFUSED)
	})
}
