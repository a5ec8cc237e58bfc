package nat

import (
	"drydock/drop"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/faketime"
)

// What REJECT answers, by its kinds and by where it stands.
func TestReject(t *testing.T) {
	t.Parallel()
	udp4 := sample{proto: "udp", src: "10.0.0.9:1000", dst: "172.17.0.2:53"}
	udp6 := sample{proto: "udp", src: "[fd00::9]:1000", dst: "[fd17::2]:53"}
	toHost := sample{proto: "udp", src: "10.0.0.9:1000", dst: "10.0.0.1:53"}
	const quoted4, quoted6 = "[udp 10.0.0.9:1000 > 172.17.0.2:53]", "[udp [fd00::9]:1000 > [fd17::2]:53]"
	tests := []struct {
		rule string
		in   sample
		want string
	}{
		{"-A FORWARD -j REJECT", udp4, "icmp 3/3 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-net-unreachable", udp4, "icmp 3/0 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-host-unreachable", udp4, "icmp 3/1 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-proto-unreachable", udp4, "icmp 3/2 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-port-unreachable", udp4, "icmp 3/3 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-net-prohibited", udp4, "icmp 3/9 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-host-prohibited", udp4, "icmp 3/10 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A FORWARD -j REJECT --reject-with icmp-admin-prohibited", udp4, "icmp 3/13 10.0.0.1 > 10.0.0.9 " + quoted4},
		{"-A INPUT -j REJECT", toHost, "icmp 3/3 10.0.0.1 > 10.0.0.9 [udp 10.0.0.9:1000 > 10.0.0.1:53]"},
		{"-6 -A FORWARD -j REJECT", udp6, "icmp 1/4 fd00::1 > fd00::9 " + quoted6},
		{"-6 -A FORWARD -j REJECT --reject-with icmp6-no-route", udp6, "icmp 1/0 fd00::1 > fd00::9 " + quoted6},
		{"-6 -A FORWARD -j REJECT --reject-with icmp6-adm-prohibited", udp6, "icmp 1/1 fd00::1 > fd00::9 " + quoted6},
		{"-6 -A FORWARD -j REJECT --reject-with icmp6-addr-unreachable", udp6, "icmp 1/3 fd00::1 > fd00::9 " + quoted6},
		{"-6 -A FORWARD -j REJECT --reject-with icmp6-port-unreachable", udp6, "icmp 1/4 fd00::1 > fd00::9 " + quoted6},
		{"-6 -A FORWARD -j REJECT --reject-with icmp6-policy-fail", udp6, "icmp 1/5 fd00::1 > fd00::9 " + quoted6},
		{"-6 -A FORWARD -j REJECT --reject-with icmp6-reject-route", udp6, "icmp 1/6 fd00::1 > fd00::9 " + quoted6},
		{"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", sample{src: "10.0.0.9:1", dst: "172.17.0.2:80", flags: syn}, "tcp RA 172.17.0.2:80 > 10.0.0.9:1"},
		{"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", sample{src: "10.0.0.9:1", dst: "172.17.0.2:80"}, "tcp R 172.17.0.2:80 > 10.0.0.9:1"},
		{"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", sample{src: "10.0.0.9:1", dst: "172.17.0.2:80", flags: rst}, ""},
		{"-A INPUT -p tcp -j REJECT --reject-with tcp-reset", sample{src: "10.0.0.9:1", dst: "10.0.0.1:80", flags: syn}, "tcp RA 10.0.0.1:80 > 10.0.0.9:1"},
		{"-6 -A FORWARD -p tcp -j REJECT --reject-with tcp-reset", sample{src: "[fd00::9]:1", dst: "[fd17::2]:80", flags: syn}, "tcp RA [fd17::2]:80 > [fd00::9]:1"},
		{"-A FORWARD -j REJECT", sample{proto: "icmp", kind: echo4, src: "10.0.0.9", dst: "172.17.0.2"}, "icmp 3/3 10.0.0.1 > 10.0.0.9 [icmp 8/0 id 0 10.0.0.9 > 172.17.0.2]"},
		{"-A FORWARD -j REJECT", sample{proto: "icmp", kind: 11, src: "10.0.0.9", dst: "172.17.0.2", data: udp4.bytes()}, ""},
		{"-A FORWARD -j REJECT", sample{proto: "icmp", kind: 77, src: "10.0.0.9", dst: "172.17.0.2"}, ""},
		{"-A INPUT -j REJECT", sample{proto: "udp", src: "10.0.0.9:1", dst: "10.0.0.255:2"}, ""},
		{"-A INPUT -j REJECT", sample{proto: "udp", src: "10.0.0.9:1", dst: "224.0.0.1:2"}, ""},
		{"-6 -A INPUT -j REJECT", sample{proto: "udp", src: "[fd00::9]:1", dst: "[ff02::1]:2"}, ""},
		{"-A FORWARD -j REJECT", sample{proto: "udp", src: "10.0.0.9:1000", dst: "172.17.0.2:53", badSum: true}, ""},
		{"-6 -A FORWARD -j REJECT", sample{proto: "udp", src: "[fd00::9]:1000", dst: "[fd17::2]:53", badSum: true}, ""},
		{"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", sample{src: "10.0.0.9:1", dst: "172.17.0.2:80", flags: syn, badSum: true}, ""},
		{"-A FORWARD -j REJECT", sample{proto: "udp", src: "0.0.0.0:1", dst: "172.17.0.2:2"}, ""},
	}
	for _, tt := range tests {
		b := newBed(t, tt.rule)
		var want []string
		if tt.want != "" {
			want = []string{"eth0: " + tt.want}
		}
		assert.Equal(t, want, b.in("eth0", tt.in).out(), "%s: %v", tt.rule, dissect(tt.in.bytes()))
		assert.Zero(t, b.conns(), tt.rule)
	}
}

// A reset continues where the rejected segment says, as RFC 9293 has it.
func TestResetNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in       sample
		seq, ack uint32
		flags    uint8
	}{
		{sample{flags: syn, seq: 0xffffffff}, 0, 0, rstAck},
		{sample{flags: syn, seq: 10, data: []byte("abc")}, 0, 14, rstAck},
		{sample{flags: 1, seq: 10}, 0, 11, rstAck},
		{sample{seq: 10, ack: 77}, 77, 0, rst},
		{sample{flags: synAck, seq: 10, ack: 77}, 77, 0, rst},
	}
	for _, tt := range tests {
		b := newBed(t, "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset")
		tt.in.src, tt.in.dst = "10.0.0.9:1", "172.17.0.2:80"
		b.in("eth0", tt.in)
		out := b.outBytes("eth0")
		require.Len(t, out, 1)
		l4 := dissect(out[0]).l4
		assert.Equal(t, tt.seq, binary.BigEndian.Uint32(l4[4:]))
		assert.Equal(t, tt.ack, binary.BigEndian.Uint32(l4[8:]))
		assert.Equal(t, tt.flags, l4[13])
	}
}

// An error quotes what the sender of the packet sent, who knows nothing of translation,
// and comes from whom he sent it to. As much is quoted as fits in what every host takes.
func TestRejectOfTranslated(t *testing.T) {
	t.Parallel()
	b := newBed(t,
		"-t nat -A PREROUTING -d 10.0.0.1/32 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:5353",
		"-t nat -A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:8080",
		"-A FORWARD -p udp -j REJECT",
		"-A FORWARD -p tcp -j REJECT --reject-with tcp-reset",
	)
	b.in("eth0", sample{proto: "udp", src: "10.0.0.9:1000", dst: "10.0.0.1:53", data: make([]byte, 1000)})
	out := b.outBytes("eth0")
	require.Len(t, out, 1)
	assert.Len(t, out[0], 576)
	assert.Equal(t, "icmp 3/3 10.0.0.1 > 10.0.0.9 [udp 10.0.0.9:1000 > 10.0.0.1:53]", dissect(out[0]).String())
	assert.EqualValues(t, 0xc0, out[0][1], "type of service")

	b.in("eth0", sample{src: "10.0.0.9:1000", dst: "10.0.0.1:80", flags: syn})
	assert.Equal(t, []string{"eth0: tcp RA 10.0.0.1:80 > 10.0.0.9:1000"}, b.out())

	b = newBed(t, "-6 -A FORWARD -j REJECT")
	b.in("eth0", sample{proto: "udp", src: "[fd00::9]:1000", dst: "[fd17::2]:53", data: make([]byte, 1400)})
	out = b.outBytes("eth0")
	require.Len(t, out, 1)
	assert.Len(t, out[0], 1280)
}

// Without a stack there is nobody to answer, and groups on the link are not answered.
func TestRejectInSilence(t *testing.T) {
	t.Parallel()
	tables := New()
	addRule(t, tables, "-A INPUT -j REJECT")
	pkt := received(sample{proto: "udp", src: "10.0.0.9:1", dst: "10.0.0.1:2"}.bytes())
	defer pkt.DecRef()
	pkt.InputNICID = bedEth0
	require.True(t, tables.CheckPrerouting(pkt, nil, 0))
	assert.False(t, tables.CheckInput(pkt, nil, 0))
	assert.EqualValues(t, 1, tables.Drops()[drop.Rule])

	b := newBed(t, "-A INPUT -j REJECT")
	pkt = received(sample{proto: "udp", src: "10.0.0.9:1", dst: "10.0.0.1:2"}.bytes())
	defer pkt.DecRef()
	pkt.PktType = tcpip.PacketBroadcast
	assert.False(t, b.pass(bedEth0, pkt))
	assert.Empty(t, b.out())
}

// A heldClock keeps what is to be done at once until it is told.
type heldClock struct {
	*faketime.ManualClock
	held []func()
}

func (c *heldClock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	if d > 0 {
		return c.ManualClock.AfterFunc(d, f)
	}
	c.held = append(c.held, f)
	return nil
}

// Answers that have to wait for the sender's locks are no more than Linux lets packets
// wait, however many frames come meanwhile.
func TestRejectIsBounded(t *testing.T) {
	t.Parallel()
	clock := &heldClock{ManualClock: faketime.NewManualClock()}
	s := newRouter(clock)
	defer s.Destroy()
	tables := New(WithClock(clock))
	tables.Attach(s)
	addRule(t, tables, "-A FORWARD -j REJECT")
	reject := func() {
		pkt := framed(sample{proto: "udp", src: "172.17.0.2:1", dst: "172.17.0.3:2"}.bytes(), 0)
		defer pkt.DecRef()
		require.Nil(t, tables.FilterBridged("docker0", "p1", "p2", pkt))
	}
	for range 3 * maxAnswers {
		reject()
	}
	require.Len(t, clock.held, maxAnswers)
	clock.held[0]()
	reject()
	reject()
	assert.Len(t, clock.held, maxAnswers+1, "there was room for one")
}
