package nat

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A step is packets that arrive at an interface, and what leaves for it.
type step struct {
	nic  string
	in   sample
	want []string
}

// Every target, a connection of every kind: what goes, and what comes back.
func TestTranslation(t *testing.T) {
	t.Parallel()
	publish := []string{
		"-t nat -A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
		"-t nat -A PREROUTING -d 10.0.0.1/32 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2",
	}
	masquerade := []string{"-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"}
	tests := []struct {
		name  string
		rules []string
		steps []step
	}{
		{"no rules", nil, []step{
			{"eth0", sample{src: peerIP + ":1000", dst: containerIP + ":80", flags: syn}, []string{"docker0: tcp S 10.0.0.9:1000 > 172.17.0.2:80"}},
			{"docker0", sample{src: containerIP + ":80", dst: peerIP + ":1000", flags: synAck}, []string{"eth0: tcp SA 172.17.0.2:80 > 10.0.0.9:1000"}},
		}},
		{"DNAT to address and port", publish, []step{
			{"eth0", sample{src: peerIP + ":1000", dst: hostIP + ":8080", flags: syn}, []string{"docker0: tcp S 10.0.0.9:1000 > 172.17.0.2:80"}},
			{"docker0", sample{src: containerIP + ":80", dst: peerIP + ":1000", flags: synAck}, []string{"eth0: tcp SA 10.0.0.1:8080 > 10.0.0.9:1000"}},
			{"eth0", sample{src: peerIP + ":1000", dst: hostIP + ":8080", data: []byte("GET /")}, []string{"docker0: tcp A 10.0.0.9:1000 > 172.17.0.2:80"}},
		}},
		{"DNAT to an address", publish, []step{
			{"eth0", sample{proto: "udp", src: peerIP + ":1000", dst: hostIP + ":53", data: []byte("odd")}, []string{"docker0: udp 10.0.0.9:1000 > 172.17.0.2:53"}},
			{"docker0", sample{proto: "udp", src: containerIP + ":53", dst: peerIP + ":1000", data: []byte("even")}, []string{"eth0: udp 10.0.0.1:53 > 10.0.0.9:1000"}},
			{"docker0", sample{proto: "udp", src: containerIP + ":53", dst: peerIP + ":1000", noSum: true}, []string{"eth0: udp 10.0.0.1:53 > 10.0.0.9:1000"}},
		}},
		{"MASQUERADE", masquerade, []step{
			{"docker0", sample{src: containerIP + ":1000", dst: peerIP + ":80", flags: syn}, []string{"eth0: tcp S 10.0.0.1:1000 > 10.0.0.9:80"}},
			{"eth0", sample{src: peerIP + ":80", dst: hostIP + ":1000", flags: synAck}, []string{"docker0: tcp SA 10.0.0.9:80 > 172.17.0.2:1000"}},
		}},
		{"MASQUERADE of a ping", masquerade, []step{
			{"docker0", sample{proto: "icmp", kind: echo4, id: 7, src: containerIP, dst: peerIP, data: []byte("data")}, []string{"eth0: icmp 8/0 id 7 10.0.0.1 > 10.0.0.9"}},
			{"eth0", sample{proto: "icmp", kind: reply4, id: 7, src: peerIP, dst: hostIP, data: []byte("data")}, []string{"docker0: icmp 0/0 id 7 10.0.0.9 > 172.17.0.2"}},
		}},
		{"MASQUERADE --to-ports", []string{"-t nat -A POSTROUTING -o eth0 -p tcp -j MASQUERADE --to-ports 4000"}, []step{
			{"docker0", sample{src: containerIP + ":1000", dst: peerIP + ":80", flags: syn}, []string{"eth0: tcp S 10.0.0.1:4000 > 10.0.0.9:80"}},
			{"eth0", sample{src: peerIP + ":80", dst: hostIP + ":4000", flags: synAck}, []string{"docker0: tcp SA 10.0.0.9:80 > 172.17.0.2:1000"}},
		}},
		{"SNAT to a range, where one source keeps its port", []string{"-t nat -A POSTROUTING -o eth0 -j SNAT --to-source 10.0.0.77-10.0.0.77"}, []step{
			{"docker0", sample{proto: "udp", src: containerIP + ":9", dst: peerIP + ":80"}, []string{"eth0: udp 10.0.0.77:9 > 10.0.0.9:80"}},
		}},
		{"SNAT and DNAT at once", append(publish, "-t nat -A POSTROUTING -o docker0 -j MASQUERADE"), []step{
			{"eth0", sample{src: peerIP + ":1000", dst: hostIP + ":8080", flags: syn}, []string{"docker0: tcp S 172.17.0.1:1000 > 172.17.0.2:80"}},
			{"docker0", sample{src: containerIP + ":80", dst: gatewayIP + ":1000", flags: synAck}, []string{"eth0: tcp SA 10.0.0.1:8080 > 10.0.0.9:1000"}},
			{"eth0", sample{src: peerIP + ":1000", dst: hostIP + ":8080"}, []string{"docker0: tcp A 172.17.0.1:1000 > 172.17.0.2:80"}},
		}},
		{"REDIRECT to a port where nobody listens", []string{"-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128"}, []step{
			{"docker0", sample{src: containerIP + ":1000", dst: peerIP + ":80", flags: syn, seq: 5}, []string{"docker0: tcp RA 10.0.0.9:80 > 172.17.0.2:1000"}},
		}},
		{"DNAT of a range that is shifted", []string{"-t nat -A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:1000-1999/3000"}, []step{
			{"eth0", sample{src: peerIP + ":9", dst: hostIP + ":3000", flags: syn}, []string{"docker0: tcp S 10.0.0.9:9 > 172.17.0.2:1000"}},
			{"eth0", sample{src: peerIP + ":9", dst: hostIP + ":3007", flags: syn}, []string{"docker0: tcp S 10.0.0.9:9 > 172.17.0.2:1007"}},
			{"docker0", sample{src: containerIP + ":1007", dst: peerIP + ":9", flags: synAck}, []string{"eth0: tcp SA 10.0.0.1:3007 > 10.0.0.9:9"}},
			{"eth0", sample{src: peerIP + ":9", dst: hostIP + ":4001", flags: syn}, []string{"docker0: tcp S 10.0.0.9:9 > 172.17.0.2:1001"}},
			{"eth0", sample{src: peerIP + ":9", dst: hostIP + ":1500", flags: syn}, []string{"docker0: tcp S 10.0.0.9:9 > 172.17.0.2:1036"}}, // (1500-3000) mod 2^16 mod 1000
		}},
		{"DNAT of a range that is shifted, from a port that is in it", []string{"-t nat -A PREROUTING -p tcp -j DNAT --to-destination 172.17.0.2:80-89/85"}, []step{
			{"eth0", sample{src: peerIP + ":9", dst: hostIP + ":86", flags: syn}, []string{"docker0: tcp S 10.0.0.9:9 > 172.17.0.2:81"}},
		}},
		{"DNAT to port 0", []string{"-t nat -A PREROUTING -p udp -j DNAT --to-destination 172.17.0.2:0"}, []step{
			{"eth0", sample{proto: "udp", src: peerIP + ":9", dst: hostIP + ":53"}, []string{"docker0: udp 10.0.0.9:9 > 172.17.0.2:0"}},
		}},
		{"REDIRECT to port 0", []string{"-t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 0"}, []step{
			{"docker0", sample{src: containerIP + ":1000", dst: peerIP + ":80", flags: syn, seq: 5}, []string{"docker0: tcp RA 10.0.0.9:80 > 172.17.0.2:1000"}},
		}},
		{"other protocols", []string{"-t nat -A PREROUTING -d 10.0.0.1/32 -p 253 -j DNAT --to-destination 172.17.0.2"}, []step{
			{"eth0", sample{proto: "other", src: peerIP, dst: hostIP}, []string{"docker0: proto 253 10.0.0.9 > 172.17.0.2"}},
			{"docker0", sample{proto: "other", src: containerIP, dst: peerIP}, []string{"eth0: proto 253 10.0.0.1 > 10.0.0.9"}},
		}},
		{"options of IPv4", publish, []step{
			{"eth0", sample{src: peerIP + ":1000", dst: hostIP + ":8080", flags: syn, options: []byte{1, 1, 1, 1}}, []string{"docker0: tcp S 10.0.0.9:1000 > 172.17.0.2:80"}},
		}},
		{"IPv6", []string{
			"-6 -t nat -A PREROUTING -d fd00::1/128 -p tcp -m tcp --dport 8080 -j DNAT --to-destination [fd17::2]:80",
			"-6 -t nat -A POSTROUTING -s fd17::/64 ! -o docker0 -j MASQUERADE",
		}, []step{
			{"eth0", sample{src: "[fd00::9]:1000", dst: "[fd00::1]:8080", flags: syn}, []string{"docker0: tcp S [fd00::9]:1000 > [fd17::2]:80"}},
			{"docker0", sample{src: "[fd17::2]:80", dst: "[fd00::9]:1000", flags: synAck}, []string{"eth0: tcp SA [fd00::1]:8080 > [fd00::9]:1000"}},
			{"docker0", sample{proto: "udp", src: "[fd17::2]:70", dst: "[fd00::9]:53", data: []byte("odd")}, []string{"eth0: udp [fd00::1]:70 > [fd00::9]:53"}},
			{"eth0", sample{proto: "udp", src: "[fd00::9]:53", dst: "[fd00::1]:70"}, []string{"docker0: udp [fd00::9]:53 > [fd17::2]:70"}},
			{"docker0", sample{proto: "icmp", kind: echo6, id: 7, src: boxIP6, dst: peerIP6}, []string{"eth0: icmp 128/0 id 7 fd00::1 > fd00::9"}},
			{"eth0", sample{proto: "icmp", kind: reply6, id: 7, src: peerIP6, dst: hostIP6}, []string{"docker0: icmp 129/0 id 7 fd00::9 > fd17::2"}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, tt.rules...)
			for _, s := range tt.steps {
				assert.Equal(t, s.want, b.in(s.nic, s.in).out())
			}
			assert.Empty(t, b.drops)
		})
	}
}

// ICMP errors come back to who sent what they quote, as if that had never been
// translated.
func TestErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	rules := []string{
		"-t nat -A PREROUTING -d 10.0.0.1/32 -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
		"-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
		"-A FORWARD -m conntrack --ctstate INVALID -j DROP",
		"-6 -t nat -A POSTROUTING -s fd17::/64 -p tcp -j MASQUERADE --to-ports 5000-5001",
		"-A INPUT -m conntrack --ctstate INVALID -j DROP",
	}
	quote := func(s sample) []byte { return s.bytes() }
	tests := []struct {
		name  string
		steps []step
	}{
		{"from behind DNAT", []step{
			{"eth0", sample{src: peerIP + ":1000", dst: hostIP + ":8080", flags: syn}, []string{"docker0: tcp S 10.0.0.9:1000 > 172.17.0.2:80"}},
			{"docker0", sample{proto: "icmp", kind: 3, code: 3, src: containerIP, dst: peerIP, data: quote(sample{src: peerIP + ":1000", dst: containerIP + ":80", flags: syn})},
				[]string{"eth0: icmp 3/3 10.0.0.1 > 10.0.0.9 [tcp S 10.0.0.9:1000 > 10.0.0.1:8080]"}},
			{"docker0", sample{proto: "icmp", kind: 11, src: "172.17.0.77", dst: peerIP, data: quote(sample{src: peerIP + ":1000", dst: containerIP + ":80", flags: syn})[:28]},
				[]string{"eth0: icmp 11/0 10.0.0.1 > 10.0.0.9 [tcp ? 10.0.0.9:1000 > 10.0.0.1:8080]"}},
		}},
		{"from the far end of a masqueraded connection", []step{
			{"docker0", sample{proto: "udp", src: containerIP + ":1000", dst: peerIP + ":53", data: []byte("ab")}, []string{"eth0: udp 10.0.0.1:1000 > 10.0.0.9:53"}},
			{"eth0", sample{proto: "icmp", kind: 3, code: 3, src: peerIP, dst: hostIP, data: quote(sample{proto: "udp", src: hostIP + ":1000", dst: peerIP + ":53", data: []byte("ab")})},
				[]string{"docker0: icmp 3/3 10.0.0.9 > 172.17.0.2 [udp 172.17.0.2:1000 > 10.0.0.9:53]"}},
		}},
		{"from a router on the way", []step{
			{"docker0", sample{proto: "icmp", kind: echo4, id: 7, src: containerIP, dst: "192.0.2.1"}, []string{"eth0: icmp 8/0 id 7 10.0.0.1 > 192.0.2.1"}},
			{"eth0", sample{proto: "icmp", kind: 11, src: "203.0.113.5", dst: hostIP, data: quote(sample{proto: "icmp", kind: echo4, id: 7, src: hostIP, dst: "192.0.2.1"})},
				[]string{"docker0: icmp 11/0 203.0.113.5 > 172.17.0.2 [icmp 8/0 id 7 172.17.0.2 > 192.0.2.1]"}},
		}},
		{"of IPv6", []step{
			{"docker0", sample{src: "[fd17::2]:70", dst: "[fd00::9]:53", flags: syn}, []string{"eth0: tcp S [fd00::1]:5000 > [fd00::9]:53"}},
			{"eth0", sample{proto: "icmp", kind: 1, code: 4, src: peerIP6, dst: hostIP6, data: quote(sample{src: "[fd00::1]:5000", dst: "[fd00::9]:53", flags: syn})},
				[]string{"docker0: icmp 1/4 fd00::9 > fd17::2 [tcp S [fd17::2]:70 > [fd00::9]:53]"}},
		}},
		{"about nothing known", []step{
			{"eth0", sample{proto: "icmp", kind: 3, code: 3, src: peerIP, dst: containerIP, data: quote(sample{src: containerIP + ":1", dst: peerIP + ":2"})}, nil},
		}},
		{"not to who sent what it quotes", []step{
			{"docker0", sample{src: containerIP + ":1000", dst: peerIP + ":80", flags: syn}, []string{"eth0: tcp S 10.0.0.1:1000 > 10.0.0.9:80"}},
			{"eth0", sample{proto: "icmp", kind: 3, code: 3, src: peerIP, dst: containerIP, data: quote(sample{src: hostIP + ":1000", dst: peerIP + ":80"})}, nil},
		}},
		{"that quotes too little", []step{
			{"eth0", sample{proto: "icmp", kind: 3, code: 3, src: peerIP, dst: containerIP, data: quote(sample{src: hostIP + ":1000", dst: peerIP + ":80"})[:22]}, nil},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, rules...)
			for _, s := range tt.steps {
				assert.Equal(t, s.want, b.in(s.nic, s.in).out())
			}
		})
	}
}
