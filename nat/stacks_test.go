package nat

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	wire "drydock/internal/packet"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	netloop "gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// A world is a peer, a host with tables that routes, and a container behind it: three
// stacks, two cables. Forwarding is netstack's own.
type world struct {
	peer, host, container *stack.Stack
	tables                *Tables
}

func newWorld(t *testing.T, rules ...string) *world {
	w := &world{peer: newMachine(t), host: newMachine(t), container: newMachine(t), tables: New()}
	w.tables.Attach(w.host)
	for _, r := range rules {
		addRule(t, w.tables, r)
	}
	connect(t, w.host, bedEth0, "eth0", hostIP+"/24", w.peer, peerIP+"/24")
	connect(t, w.host, bedDocker0, "docker0", gatewayIP+"/16", w.container, containerIP+"/16")
	w.peer.AddRoute(tcpip.Route{Destination: header.IPv4EmptySubnet, Gateway: tcpip.AddrFrom4([4]byte{10, 0, 0, 1}), NIC: 1})
	w.container.AddRoute(tcpip.Route{Destination: header.IPv4EmptySubnet, Gateway: tcpip.AddrFrom4([4]byte{172, 17, 0, 1}), NIC: 1})
	w.host.SetForwardingDefaultAndAllNICs(ipv4.ProtocolNumber, true)
	return w
}

func newMachine(t *testing.T) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
		HandleLocal:        true,
		IPTables:           new(stack.IPTables),
	})
	require.Nil(t, s.CreateNICWithOptions(bedLo, netloop.New(), stack.NICOptions{Name: "lo"}))
	addAddresses(t, s, bedLo, "127.0.0.1/8")
	t.Cleanup(func() {
		s.Close()
		for id := range s.NICInfo() {
			s.RemoveNIC(id)
		}
		s.Wait()
	})
	return s
}

func connect(t *testing.T, a *stack.Stack, nic tcpip.NICID, name, addr string, b *stack.Stack, peer string) {
	t.Helper()
	x, y, err := veth.Pair()
	require.NoError(t, err)
	require.Nil(t, a.CreateNICWithOptions(nic, x, stack.NICOptions{Name: name}))
	require.Nil(t, b.CreateNICWithOptions(1, y, stack.NICOptions{Name: "eth0"}))
	addAddresses(t, a, nic, addr)
	addAddresses(t, b, 1, peer)
}

func fullAddress(s string) tcpip.FullAddress {
	ap := endpoint(s)
	return tcpip.FullAddress{Addr: wire.ToAddress(ap.Addr()), Port: ap.Port()}
}

// greet accepts connections on a port and tells each client who it is.
func greet(t *testing.T, s *stack.Stack, port uint16) {
	t.Helper()
	l, err := gonet.ListenTCP(s, tcpip.FullAddress{Port: port}, ipv4.ProtocolNumber)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			host, _, _ := net.SplitHostPort(c.RemoteAddr().String())
			io.WriteString(c, "hello "+host)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
}

// dial returns what a server says, or the error.
func dial(s *stack.Stack, to string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // against hanging for ever
	defer cancel()
	c, err := gonet.DialContextTCP(ctx, s, fullAddress(to), ipv4.ProtocolNumber)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	b, err := io.ReadAll(c)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Sockets on both sides of the tables, and of the host itself.
func TestStacks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		rules []string
		from  string // peer, host or container
		to    string
		want  string
	}{
		{"plain", nil, "peer", "172.17.0.2:80", "hello 10.0.0.9"},
		{"DNAT", []string{"-t nat -A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}, "peer", "10.0.0.1:8080", "hello 10.0.0.9"},
		{"MASQUERADE", []string{"-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"}, "container", "10.0.0.9:80", "hello 10.0.0.1"},
		{"REDIRECT", []string{"-t nat -A PREROUTING -p tcp -m tcp --dport 99 -j REDIRECT --to-ports 80"}, "peer", "172.17.0.2:99", "hello 10.0.0.9"},
		{"SNAT in INPUT", []string{"-t nat -A INPUT -p tcp -j SNAT --to-source 10.0.0.66"}, "peer", "10.0.0.1:80", "hello 10.0.0.66"},
		{"DNAT in OUTPUT", []string{"-t nat -A OUTPUT -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}, "host", "10.0.0.1:8080", "hello 10.0.0.1"},
		{"DNAT in OUTPUT and MASQUERADE", []string{
			"-t nat -A OUTPUT -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
			"-t nat -A POSTROUTING -o docker0 -j MASQUERADE",
		}, "host", "10.0.0.1:8080", "hello 172.17.0.1"},
		{"REDIRECT in OUTPUT", []string{"-t nat -A OUTPUT -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80"}, "host", "10.0.0.9:8080", "hello 10.0.0.1"},
		{"REDIRECT in OUTPUT of lo", []string{"-t nat -A OUTPUT -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80"}, "host", "127.0.0.1:8080", "hello 127.0.0.1"},
		{"DNAT in OUTPUT to another of its addresses", []string{"-t nat -A OUTPUT -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.1:80"}, "host", "10.0.0.1:8080", "hello 10.0.0.1"},
		{"SNAT on lo", []string{"-t nat -A POSTROUTING -o lo -p tcp -j SNAT --to-source 127.0.0.9"}, "host", "127.0.0.1:80", "hello 127.0.0.9"},
		{"states on lo", []string{
			"-A INPUT -i lo -m conntrack --ctstate NEW -m tcp -p tcp --dport 80 -j ACCEPT", "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", "-P INPUT DROP",
			"-A OUTPUT -o lo -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT", "-P OUTPUT DROP",
		}, "host", "10.0.0.1:80", "hello 10.0.0.1"},
		{"established both ways", []string{
			"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -i docker0 -j ACCEPT", "-P FORWARD DROP",
		}, "container", "10.0.0.9:80", "hello 172.17.0.2"},
		{"REJECT in FORWARD", []string{"-A FORWARD -p tcp -j REJECT"}, "peer", "172.17.0.2:81", "connection was refused"},
		{"REJECT in FORWARD with a reset", []string{"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset"}, "peer", "172.17.0.2:81", "connection was refused"},
		{"REJECT of a published port", []string{
			"-t nat -A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination 172.17.0.2:80", "-A FORWARD -p tcp -j REJECT",
		}, "peer", "10.0.0.1:81", "connection was refused"},
		{"REJECT in INPUT", []string{"-A INPUT -p tcp -j REJECT --reject-with icmp-host-unreachable"}, "peer", "10.0.0.1:81", "no route to host"},
		{"REJECT in OUTPUT", []string{"-A OUTPUT -p tcp -m tcp --dport 81 -j REJECT"}, "host", "10.0.0.9:81", "connection was refused"},
		{"REJECT in OUTPUT with a reset", []string{"-A OUTPUT -p tcp -m tcp --dport 81 -j REJECT --reject-with tcp-reset"}, "host", "10.0.0.9:81", "connection was refused"},
		{"REJECT in OUTPUT where only what is related comes in", []string{
			"-A OUTPUT -p tcp -m tcp --dport 81 -j REJECT", "-A INPUT -m conntrack --ctstate RELATED -j ACCEPT", "-P INPUT DROP",
		}, "host", "10.0.0.9:81", "connection was refused"},
	}
	forwarded := map[string]bool{"plain": true, "DNAT": true, "MASQUERADE": true, "established both ways": true}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if raceDetector && forwarded[tt.name] {
				t.Skip("netstack reads the TTL of a forwarded packet from memory that it has given back")
			}
			w := newWorld(t, tt.rules...)
			stacks := map[string]*stack.Stack{"peer": w.peer, "host": w.host, "container": w.container}
			for _, s := range stacks {
				greet(t, s, 80)
			}
			assert.Contains(t, dial(stacks[tt.from], tt.to), tt.want)
		})
	}
}
