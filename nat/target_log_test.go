package nat

import (
	"bytes"
	"encoding/hex"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// logged returns a packet at FORWARD with the bytes of an IP packet, of which only the
// headers of IP are parsed before.
func logged(t testing.TB, in string, ip []byte) (*packet, bool) {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: header.EthernetMinimumSize, Payload: buffer.MakeWithData(ip),
	})
	t.Cleanup(pkt.DecRef)
	link := pkt.LinkHeader().Push(header.EthernetMinimumSize)
	copy(link, []byte{2, 0x42, 0xac, 17, 0, 2, 2, 0x42, 0xac, 17, 0, 3, 8, 0})
	size := header.IPv6MinimumSize
	if len(ip) > 0 && ip[0]>>4 == 4 {
		size = max(int(ip[0]&0xf)*4, header.IPv4MinimumSize)
	}
	if _, ok := pkt.NetworkHeader().Consume(min(size, len(ip))); !ok {
		return nil, false
	}
	p := &packet{room: new([roomSize]byte), hook: forward, in: in, out: "eth0", pkt: pkt}
	return p, p.parse()
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

const (
	ipTCP  = "45 00 00 3c 1c 46 40 00 40 06 00 00 ac 11 00 02 ac 10 50 2f"
	tcpSyn = "9c 40 00 50 00 00 00 01 00 00 00 02 a0 02 fa f0 00 00 00 07 02 04 05 b4 04 02 08 0a 00 00 00 05 00 00 00 00 01 03 03 07"
)

// TestLogLine has packets and the lines that Linux writes about them.
func TestLogLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		log  Log
		ip   string
		want string
	}{
		{
			"tcp", Log{Prefix: "new: "}, ipTCP + tcpSyn,
			"new: IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.16.80.47 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=7238 DF PROTO=TCP SPT=40000 DPT=80 WINDOW=64240 RES=0x00 SYN URGP=7",
		}, {
			"tcp, all", Log{TCPSeq: true, TCPOpts: true, IPOpts: true, UID: true}, ipTCP + tcpSyn,
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.16.80.47 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=7238 DF PROTO=TCP SPT=40000 DPT=80 SEQ=1 ACK=2 WINDOW=64240 RES=0x00 SYN URGP=7 OPT (020405B40402080A000000050000000001030307)",
		}, {
			"udp", Log{}, "45 b8 00 20 00 01 00 00 01 11 00 00 ac 11 00 02 ac 11 00 03 00 35 82 35 00 0c 00 00 01 02 03 04",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.17.0.3 LEN=32 TOS=0x18 PREC=0xA0 TTL=1 ID=1 PROTO=UDP SPT=53 DPT=33333 LEN=12",
		}, {
			"echo", Log{}, "45 00 00 1c 00 00 40 00 40 01 00 00 ac 11 00 02 ac 11 00 03 08 00 00 00 12 34 00 01",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.17.0.3 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=0 DF PROTO=ICMP TYPE=8 CODE=0 ID=4660 SEQ=1",
		}, {
			"following fragment", Log{}, "45 00 00 1c 00 05 20 0a 40 11 00 00 ac 11 00 02 ac 11 00 03 01 02 03 04 05 06 07 08",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.17.0.3 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=5 MF FRAG:10 PROTO=UDP",
		}, {
			"other protocol", Log{}, "45 00 00 14 00 00 00 00 40 2f 00 00 ac 11 00 02 ac 11 00 03",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.17.0.3 LEN=20 TOS=0x00 PREC=0x00 TTL=64 ID=0 PROTO=47",
		}, {
			"incomplete", Log{}, "45 00 00 18 00 00 00 00 40 06 00 00 ac 11 00 02 ac 11 00 03 00 01 00 02",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.2 DST=172.17.0.3 LEN=24 TOS=0x00 PREC=0x00 TTL=64 ID=0 PROTO=TCP INCOMPLETE [4 bytes]",
		}, {
			"frag needed", Log{}, "45 c0 00 38 00 00 00 00 40 01 00 00 ac 11 00 01 ac 11 00 02 03 04 00 00 00 00 05 14" + ipTCP + "9c 40 00 50 00 00 00 01",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=172.17.0.1 DST=172.17.0.2 LEN=56 TOS=0x00 PREC=0xC0 TTL=64 ID=0 PROTO=ICMP TYPE=3 CODE=4 " +
				"[SRC=172.17.0.2 DST=172.16.80.47 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=7238 DF PROTO=TCP INCOMPLETE [8 bytes] ] MTU=1300",
		}, {
			"udp over IPv6", Log{}, "60 12 34 56 00 0c 11 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 fb 14 e9 14 e9 00 0c 00 00 01 02 03 04",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=ff02:0000:0000:0000:0000:0000:0000:00fb LEN=52 TC=1 HOPLIMIT=64 FLOWLBL=144470 PROTO=UDP SPT=5353 DPT=5353 LEN=12",
		}, {
			"ping over IPv6", Log{}, "60 00 00 00 00 08 3a 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 80 00 00 00 00 07 00 08",
			"IN=docker0 OUT=eth0 MAC=02:42:ac:11:00:02:02:42:ac:11:00:03:08:00 SRC=fd00:0000:0000:0000:0000:0000:0000:0001 DST=fd00:0000:0000:0000:0000:0000:0000:0002 LEN=48 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=128 CODE=0 ID=7 SEQ=8",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, ok := logged(t, "docker0", unhex(t, tt.ip))
			require.True(t, ok)
			assert.Equal(t, tt.want, tt.log.line(p))
		})
	}
}

// TestLogOfTheMachine has what LOG adds for packets of the machine itself and of
// bridges.
func TestLogOfTheMachine(t *testing.T) {
	t.Parallel()
	p, ok := logged(t, "", unhex(t, ipTCP+tcpSyn))
	require.True(t, ok)
	p.hook, p.pkt.Mark = output, 0x2a
	line := Log{UID: true}.line(p)
	assert.True(t, strings.HasPrefix(line, "IN= OUT=eth0 SRC=172.17.0.2 "), line)
	assert.True(t, strings.HasSuffix(line, " URGP=7 UID=0 GID=0 MARK=0x2a"), line)

	p, _ = logged(t, "docker0", unhex(t, ipTCP+tcpSyn))
	p.physIn, p.physOut = "veth0", "veth1"
	assert.Contains(t, Log{UID: true}.line(p), "IN=docker0 OUT=eth0 PHYSIN=veth0 PHYSOUT=veth1 MAC=")
	assert.NotContains(t, Log{UID: true}.line(p), "UID=")
}

// TestLogLevels has the levels of slog that syslog's become.
func TestLogLevels(t *testing.T) {
	t.Parallel()
	for level, want := range []string{"ERROR", "ERROR", "ERROR", "ERROR", "WARN", "INFO", "INFO", "DEBUG"} {
		var b bytes.Buffer
		tables := New(WithLogger(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		require.NoError(t, tables.v4.Append(FilterForward, target(Log{Level: uint8(level), Prefix: "hit "}), target(Drop{})))
		p, ok := logged(t, "docker0", unhex(t, ipTCP+tcpSyn))
		require.True(t, ok)
		p.host = &tables.host
		require.Equal(t, dropped, tables.v4.traverse(filterTable, p), "LOG goes on")
		assert.Contains(t, b.String(), "level="+want+" msg=\"hit IN=docker0 OUT=eth0 ")
	}
}

// FuzzLogLine writes about packets from the wire, which may be anything.
func FuzzLogLine(f *testing.F) {
	for _, seed := range []string{
		ipTCP + tcpSyn,
		"45 c0 00 38 00 00 00 00 40 01 00 00 ac 11 00 01 ac 11 00 02 03 04 00 00 00 00 05 14" + ipTCP + "9c 40 00 50 00 00 00 01",
		"60 00 00 00 00 10 2c 40 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 3a 00 00 01 00 00 00 01 01 00 00 00 00 00 00 00",
	} {
		f.Add(unhex(f, seed))
	}
	all := Log{TCPSeq: true, TCPOpts: true, IPOpts: true, UID: true}
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := logged(t, "eth1", b); ok {
			line := all.line(p)
			assert.True(t, strings.HasPrefix(line, "IN=eth1 OUT=eth0 MAC="), line)
			assert.NotContains(t, line, "\n")
		}
	})
}
