package sim_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"drydock/drop"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNeighbourFailedIsTold: what waited for a neighbour that does not answer is told and counted
// where it waited, whoever sent it.
func TestNeighbourFailedIsTold(t *testing.T) {
	t.Parallel()
	send := func(from *sim.Netns, network string, many int) func(t *testing.T, address string) {
		return func(t *testing.T, address string) {
			if network == "ping" {
				_, err := from.Ping(t.Context(), address, &ping.Config{Count: many})
				require.Error(t, err)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			c, err := from.DialContext(ctx, network, net.JoinHostPort(address, "9"))
			if err != nil {
				return
			}
			defer c.Close()
			for range many {
				c.Write(make([]byte, 1000))
			}
			time.Sleep(10 * time.Second)
		}
	}
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t, sim.WithUplink(lan, prefix("192.168.0.10/24")), sim.WithUplink(lan, prefix("fd00:9::10/64")))
		peer := simtest.NewMachine(t, sim.WithName("peer"), sim.WithUplink(lan, prefix("192.168.0.47/24")), sim.WithUplink(lan, prefix("fd00:9::47/64")))
		n := simtest.NewNetwork(t, host, "n", sim.WithSubnet(prefix("172.30.0.0/16")), sim.WithSubnet(prefix("fd00:1::/64")))
		cli := simtest.Run(t, host, "cli", sim.WithNetwork(n))
		bridge := "br-" + n.ID()[:12]
		for _, tt := range []struct {
			name    string
			m       *sim.Machine
			from    *sim.Netns
			network string
			many    int
			address string
			at      sim.Place
			want    int // at least
		}{
			{"TCP of a container", host.Machine, &cli.Netns, "tcp", 1, "172.30.0.99", sim.Place{Owner: "cli", Device: "eth0"}, 1},
			{"IPv6", host.Machine, &cli.Netns, "tcp", 1, "fd00:1::99", sim.Place{Owner: "cli", Device: "eth0"}, 1},
			{"UDP", host.Machine, &cli.Netns, "udp", 3, "172.30.0.98", sim.Place{Owner: "cli", Device: "eth0"}, 3},
			{"UDP by IPv6", host.Machine, &cli.Netns, "udp", 3, "fd00:1::98", sim.Place{Owner: "cli", Device: "eth0"}, 3},
			{"ping", host.Machine, &cli.Netns, "ping", 3, "172.30.0.97", sim.Place{Owner: "cli", Device: "eth0"}, 3},
			{"ping by IPv6", host.Machine, &cli.Netns, "ping", 3, "fd00:1::97", sim.Place{Owner: "cli", Device: "eth0"}, 3},
			{"more than wait", host.Machine, &cli.Netns, "udp", 300, "172.30.0.96", sim.Place{Owner: "cli", Device: "eth0"}, 300},
			{"TCP of a host", host.Machine, &host.Netns, "tcp", 1, "172.30.0.95", sim.Place{Owner: "docker", Device: bridge}, 1},
			{"UDP of a host", host.Machine, &host.Netns, "udp", 2, "192.168.0.95", sim.Place{Owner: "docker", Device: "eth0"}, 2},
			{"of a machine", peer, &peer.Netns, "udp", 2, "192.168.0.94", sim.Place{Owner: "peer", Device: "eth0"}, 2},
			{"IPv6 of a machine", peer, &peer.Netns, "tcp", 1, "fd00:9::94", sim.Place{Owner: "peer", Device: "eth0"}, 1},
			{"forwarded", host.Machine, &cli.Netns, "tcp", 1, "192.168.0.93", sim.Place{Owner: "docker", Device: "eth0"}, 1},
			{"forwarded, UDP", host.Machine, &cli.Netns, "udp", 2, "192.168.0.92", sim.Place{Owner: "docker", Device: "eth0"}, 2},
			{"forwarded, IPv6", host.Machine, &cli.Netns, "tcp", 1, "fd00:9::93", sim.Place{Owner: "docker", Device: "eth0"}, 1},
			{"forwarded, UDP by IPv6", host.Machine, &cli.Netns, "udp", 2, "fd00:9::92", sim.Place{Owner: "docker", Device: "eth0"}, 2},
			{"forwarded, more than wait", host.Machine, &cli.Netns, "udp", 300, "192.168.0.91", sim.Place{Owner: "docker", Device: "eth0"}, 300},
		} {
			var mu sync.Mutex
			told := 0 // guarded by mu
			stop := tt.m.OnDrop(func(d sim.Drop) {
				mu.Lock()
				defer mu.Unlock()
				if d.Reason == drop.NeighbourFailed {
					assert.Equal(t, tt.at, d.Place, tt.name)
					assert.Contains(t, d.String(), tt.address, tt.name)
					told++
				}
			})
			before := tt.m.Drops()[drop.NeighbourFailed]
			at := tt.m.DropsByPlace()[sim.Place{Owner: tt.at.Owner}][drop.NeighbourFailed]
			send(tt.from, tt.network, tt.many)(t, tt.address)
			time.Sleep(time.Minute)
			stop()
			mu.Lock()
			assert.GreaterOrEqual(t, told, tt.want, tt.name)
			assert.LessOrEqual(t, told, tt.want+3, tt.name) // TCP sends again
			assert.EqualValues(t, told, tt.m.Drops()[drop.NeighbourFailed]-before, tt.name)
			assert.EqualValues(t, told, tt.m.DropsByPlace()[sim.Place{Owner: tt.at.Owner}][drop.NeighbourFailed]-at, tt.name)
			mu.Unlock()
		}
	})
}
