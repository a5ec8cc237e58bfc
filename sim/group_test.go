package sim_test

import (
	"net"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestGroups sends to many at once: who listens on the port gets broadcasts, who
// joined gets multicast.
func TestGroups(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		sender := simtest.Run(t, h, "sender")
		out, err := sender.ListenPacket(t.Context(), "udp4", ":0")
		require.NoError(t, err)
		group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

		joined, bystander := listener(t, simtest.Run(t, h, "joined")), listener(t, simtest.Run(t, h, "bystander"))
		member := joined.(interface {
			JoinGroup(ifi *net.Interface, group net.Addr) error
			LeaveGroup(ifi *net.Interface, group net.Addr) error
		})
		require.NoError(t, member.JoinGroup(nil, group))
		for _, test := range []struct {
			to              *net.UDPAddr
			both, justFirst bool
		}{
			{to: &net.UDPAddr{IP: net.IPv4(172, 17, 255, 255), Port: 5353}, both: true},
			{to: &net.UDPAddr{IP: net.IPv4bcast, Port: 5353}, both: true},
			{to: group, justFirst: true},
		} {
			_, err := out.WriteTo([]byte("hello"), test.to)
			require.NoError(t, err)
			require.Equal(t, test.both || test.justFirst, receives(joined), "%v", test.to)
			require.Equal(t, test.both, receives(bystander), "%v", test.to)
		}
		require.NoError(t, member.LeaveGroup(nil, group))
		_, err = out.WriteTo([]byte("hello"), group)
		require.NoError(t, err)
		require.False(t, receives(joined))
	})
}

func listener(t *testing.T, c *sim.Container) net.PacketConn {
	t.Helper()
	u, err := c.ListenPacket(t.Context(), "udp4", ":5353")
	require.NoError(t, err)
	return u
}

// receives reports whether a datagram comes within a second.
func receives(u net.PacketConn) bool {
	u.SetReadDeadline(time.Now().Add(time.Second))
	_, _, err := u.ReadFrom(make([]byte, 100))
	return err == nil
}
