package nat

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// TestMatchesWithSockets has matches that ask the stack or the way of a packet, met by what
// sockets send: the rule that lets it pass is the only one that does.
func TestMatchesWithSockets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		rules []string
		from  string
		to    string
		want  string
	}{
		{"owner", []string{"-A OUTPUT -m owner --uid-owner 0 -j ACCEPT", "-P OUTPUT DROP"}, "host", "10.0.0.9:80", "hello 10.0.0.1"},
		{"owner, others", []string{"-A OUTPUT -p tcp -m owner --uid-owner 1-99 -m tcp --dport 81 -j ACCEPT", "-A OUTPUT -p tcp -m owner ! --uid-owner 1-99 -j REJECT"}, "host", "10.0.0.9:80", "connection was refused"},
		{"socket of the container", []string{"-A FORWARD -j ACCEPT", "-A OUTPUT -m owner --socket-exists -j REJECT"}, "peer", "172.17.0.2:81", "connection was refused"},
		{"NETMAP", []string{"-t nat -A PREROUTING -i eth0 -d 10.9.0.0/16 -j NETMAP --to 172.17.0.0/16"}, "peer", "10.9.0.2:80", "hello 10.0.0.9"},
		{"rpfilter", []string{"-t raw -A PREROUTING -m rpfilter --invert -j DROP"}, "peer", "172.17.0.2:80", "hello 10.0.0.9"},
		{"mac and type of link", []string{"-A INPUT -i eth0 -m pkttype ! --pkt-type unicast -j DROP", "-A INPUT -i eth0 -m mac ! --mac-source 02:00:00:00:00:01 -j ACCEPT", "-P INPUT DROP"}, "peer", "10.0.0.1:80", "hello 10.0.0.9"},
		{"recent and connmark", []string{
			"-A FORWARD -m connmark --mark 0x7 -j ACCEPT", "-A FORWARD -m recent --set --name r -j CONNMARK --set-mark 7",
			"-A FORWARD -m recent --rcheck --name r -j ACCEPT", "-P FORWARD DROP",
		}, "peer", "172.17.0.2:80", "hello 10.0.0.9"},
		{"CONNMARK alone", []string{"-t mangle -A PREROUTING -j CONNMARK --set-mark 7", "-A FORWARD -m connmark --mark 0x7 -j ACCEPT", "-P FORWARD DROP"}, "peer", "172.17.0.2:80", "hello 10.0.0.9"},
		{"TCPMSS", []string{
			"-t mangle -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 500",
			"-t mangle -A POSTROUTING -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss ! --mss 500 -j DROP",
		}, "peer", "172.17.0.2:80", "hello 10.0.0.9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if raceDetector && tt.from == "peer" {
				t.Skip("netstack reads the TTL of a forwarded packet from memory that it has given back")
			}
			w := newWorld(t, tt.rules...)
			greet(t, w.peer, 80)
			greet(t, w.host, 80)
			greet(t, w.container, 80)
			from := w.peer
			if tt.from == "host" {
				from = w.host
			}
			require.NotNil(t, from)
			assert.Contains(t, dial(from, tt.to), tt.want)
		})
	}
}

// TestRPFilter has what comes by an interface that an answer would not leave by.
func TestRPFilter(t *testing.T) {
	t.Parallel()
	b := newBed(t, "-t raw -A PREROUTING -m rpfilter --invert -j DROP")
	in := func(nic, from string) bool {
		_, ok := nicByName(b.stack, nic)
		require.True(t, ok)
		id := bedEth0
		if nic == "docker0" {
			id = bedDocker0
		}
		s := sample{proto: "udp", src: from + ":1000", dst: "172.17.0.2:53"}
		pkt := received(s.bytes())
		defer pkt.DecRef()
		pkt.NICID, pkt.InputNICID = tcpip.NICID(id), tcpip.NICID(id)
		return b.tables.CheckPrerouting(pkt, nil, stack.IP)
	}
	require.True(t, in("eth0", "10.0.0.9"))
	require.False(t, in("docker0", "10.0.0.9"))
	require.True(t, in("docker0", "172.17.0.2"))
	require.False(t, in("eth0", "172.17.0.2"))
}
