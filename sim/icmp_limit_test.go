package sim_test

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestErrorsOfSocketsAtOnce has several sockets of a container send at once to where there is no
// way, and which of them are told, as recorded on Linux 6.18. Who has no route
// tells of two at once (net.ipv4.icmp_ratelimit, net.ipv4.route.error_cost), whichever they are;
// a neighbour that does not answer is told of to each.
func TestErrorsOfSocketsAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what string
		via  string // of the host
		told int
		want string
	}{
		{"the host has no route", "", 2, "Destination Net Unreachable from 172.17.0.1"},
		{"the gateway has no route", "172.16.80.1", 2, "Destination Net Unreachable from 172.16.80.1"},
		{"there is no gateway", "172.16.80.99", 3, "Destination Host Unreachable from 172.16.80.10"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			simtest.VirtualTime(t, func(t *testing.T) {
				l := newLab(t)
				require.NoError(t, l.docker.DeleteRoute(everywhere))
				if tt.via != "" {
					require.NoError(t, l.docker.AddRoute(everywhere, netip.MustParseAddr(tt.via)))
				}
				c := simtest.Run(t, l.docker, "cli")
				for range 20 {
					require.Equal(t, slices.Repeat([]string{tt.want}, tt.told), errorsOfThree(t, c))
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

// errorsOfThree has three sockets send, and returns the errors that they are told.
func errorsOfThree(t *testing.T, c *sim.Container) (told []string) {
	t.Helper()
	errors := make(chan string, 6)
	d := c.Dialer()
	d.Errors = func(e *ping.ICMPError) { errors <- e.Error() }
	for i := range 3 {
		u, err := d.DialContext(t.Context(), "udp", fmt.Sprintf("9.9.9.9:%d", 1000+i))
		require.NoError(t, err)
		defer u.Close()
		_, err = u.Write([]byte("x"))
		require.NoError(t, err)
	}
	time.Sleep(10 * time.Second)
	for len(errors) > 0 {
		told = append(told, <-errors)
	}
	return told
}

// TestHostUnreachableFrom has the address that a router complains from when a neighbour does not
// answer: the one toward who asked. A packet that was masqueraded comes from the router itself by
// then. Both families, recorded on Linux 6.18.
func TestHostUnreachableFrom(t *testing.T) {
	t.Parallel()
	for masquerade, want := range map[bool][2]string{
		true:  {"10.0.0.1", "fd00::1"}, // of IPv6 this release translates nothing
		false: {"172.18.0.1", "fd00::1"},
	} {
		simtest.VirtualTime(t, func(t *testing.T) {
			lan := simtest.NewLAN(t)
			h := simtest.NewHost(t, sim.WithUplink(lan, prefix("10.0.0.1/24")), sim.WithUplink(lan, prefix("fd10::1/64")))
			n := simtest.NewNetwork(t, h, "net", sim.WithMasquerade(masquerade), sim.WithSubnet(prefix("172.18.0.0/16")), sim.WithSubnet(prefix("fd00::/64")))
			c := simtest.Run(t, h, "cli", sim.WithNetwork(n))
			for i, to := range []string{"10.0.0.99", "fd10::99"} {
				_, err := c.Ping(t.Context(), to, nil)
				var icmp *ping.ICMPError
				require.ErrorAs(t, err, &icmp, "%s, masquerade %v", to, masquerade)
				assert.Equal(t, want[i], icmp.From.String(), "%s, masquerade %v", to, masquerade)
			}
		})
	}
}

// TestRejectLimited: a host gets six ICMP errors at once and then one a second, whoever of the router's
// own and of REJECT's rules sends them; resets have no limit.
func TestRejectLimited(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		web, cli := simtest.Run(t, h, "web"), simtest.Run(t, h, "cli")
		far := simtest.Run(t, h, "far", sim.WithNetwork(simtest.NewNetwork(t, h, "own"))).IP().String()
		told := func(to string, ttl int) (n int) {
			cli.Ping(t.Context(), to, &ping.Config{Count: 1, TTL: ttl, Timeout: 10 * time.Millisecond, Observe: func(e ping.Event) {
				if e.Err != nil {
					n++
				}
			}})
			return n
		}
		reject := func(rest string) {
			line := "-I DOCKER-USER -d " + web.IP().String() + " -j REJECT " + rest
			require.NoError(t, iptables.Run(io.Discard, h.Firewall().IPv4(), strings.Fields(line)...))
		}
		reject("-p icmp")
		sum := 0
		for range 10 {
			sum += told(web.IP().String(), 64)
		}
		require.Equal(t, 6, sum)
		require.Zero(t, told(far, 1), "of the router, as too many were sent")
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, 1, told(far, 1)+told(web.IP().String(), 64))
		reject("-p tcp --reject-with tcp-reset")
		for range 20 {
			_, err := cli.DialContext(t.Context(), "tcp", web.IP().String()+":80")
			require.ErrorContains(t, err, "refused")
		}
	})
}
