package tcpdump_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
	"drydock/sim/tools/tcpdump"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// run types a line, and returns what is printed.
func run(t *testing.T, m command.Machine, line string) string {
	t.Helper()
	var out bytes.Buffer
	if err := tools.Run(t.Context(), &out, m, line, tcpdump.Commands()); err != nil {
		require.ErrorAs(t, err, new(sim.ExitStatus), line)
	}
	return out.String()
}

// capture returns what passes a network, as a file: names, HTTP, UDP, fragments, ICMP errors, by
// IPv4 and IPv6.
func capture(t *testing.T) (file []byte) {
	t.Helper()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithSeed(1))
		n := simtest.NewNetwork(t, h, "net", sim.WithSubnet(netip.MustParsePrefix("10.1.0.0/24")), sim.WithSubnet(netip.MustParsePrefix("fd00:1::/64")))
		web := simtest.Run(t, h, "web", sim.WithNetwork(n))
		cli := simtest.Run(t, h, "cli", sim.WithNetwork(n))
		done := make(chan bool, 3)
		start := func(m command.Machine, line string) {
			go func() { run(t, m, line); done <- true }()
		}
		start(h, "timeout -s INT 100 tcpdump -i "+n.Device()+" -w /all.pcap")
		start(web, `printf 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n' | timeout 20 nc -l -p 80 -q 1`)
		start(web, "timeout 30 nc -u -l -p 5000")
		time.Sleep(time.Second)
		defer serveDNS(t, web)()
		for _, line := range []string{
			"ping -c 2 10.1.0.2", "ping -6 -c 2 fd00:1::2", "curl -s --max-time 5 http://10.1.0.2/", "echo hello | nc -u -w 1 10.1.0.2 5000", "nc -z -w 2 10.1.0.2 81", "nc -z -w 2 fd00:1::2 81",
			"echo x | nc -u -w 1 10.1.0.2 81", "dig @10.1.0.2 www.example.com", "dig @10.1.0.2 -t TXT www.example.com", "dig @10.1.0.2 -x 10.0.0.1", "dig @10.1.0.2 -t SRV www.example.com", "dig @10.1.0.2 -t AAAA none.example.com", "dig +noedns @10.1.0.2 example.com MX", "ping -c 1 -W 1 10.1.0.99",
			"ping -c 1 -s 4000 10.1.0.2", "ping -6 -c 1 -s 3000 fd00:1::2", "echo x | nc -u -w 1 fd00:1::2 99", "traceroute -n -q 1 -m 3 10.9.9.9",
		} {
			run(t, cli, line)
		}
		for range 3 {
			<-done
		}
		var err error
		file, err = fs.ReadFile(h.FS(), "all.pcap")
		require.NoError(t, err)
	})
	return file
}

// TestLikeTheRealOne compares with tcpdump 4.99 of Debian 12, where that is installed.
func TestLikeTheRealOne(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("tcpdump is not installed")
	}
	file := filepath.Join(t.TempDir(), "all.pcap")
	pcap := capture(t)
	require.NoError(t, os.WriteFile(file, pcap, 0o600))
	h := simtest.NewHost(t)
	f, err := h.FS().OpenFile("all.pcap", os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	f.Write(pcap)
	require.NoError(t, f.Close())
	for _, options := range []string{
		"-n", "-nn -e", "-n -v", "-n -vv", "-n -e -v", "-n -q", "-n -q -e", "-n -tt", "-n -ttt", "-n -tttt -x", "-n -ttttt", "-n -t -X", "-n -xx", "-n -XX", "-n -A", "-n -S",
		"-n -c 3", "-n tcp", "-n icmp6 or arp", "udp port 53 -n",
	} {
		cmd := exec.Command(path, append(append([]string{"-r", file}, strings.Fields(options)...), "-K")[:2+len(strings.Fields(options))]...)
		cmd.Env = append(os.Environ(), "TZ=UTC")
		want, err := cmd.Output()
		require.NoError(t, err, options)
		got := run(t, h, "tcpdump -r /all.pcap "+options+" 2>/dev/null")
		if string(want) == got {
			continue
		}
		a, b, shown := strings.Split(string(want), "\n"), strings.Split(got, "\n"), 0
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] && shown < 6 {
				t.Errorf("%s: line %d\nwant %s\ngot  %s", options, i, a[i], b[i])
				shown++
			}
		}
		require.Equal(t, len(a), len(b), options)
	}
}

// serveDNS answers with records of several types.
func serveDNS(t *testing.T, web *sim.Container) (stop func()) {
	pc, err := web.ListenPacket(t.Context(), "udp", ":53")
	require.NoError(t, err)
	server := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		var m dns.Msg
		m.SetReply(q)
		m.RecursionAvailable = true
		name := q.Question[0].Name
		for _, text := range map[uint16][]string{
			dns.TypeA:   {name + " 3600 IN CNAME web.example.com.", "web.example.com. 90061 IN A 10.0.0.7", "web.example.com. 60 IN A 10.0.0.8"},
			dns.TypeTXT: {name + ` 60 IN TXT "v=1 all" "more"`}, dns.TypeMX: {name + " 0 IN MX 10 mail.example.com."},
			dns.TypePTR: {name + " 5 IN PTR seven.example.com."}, dns.TypeSRV: {name + " 5 IN SRV 1 2 80 web.example.com."},
		}[q.Question[0].Qtype] {
			rr, err := dns.NewRR(text)
			require.NoError(t, err)
			m.Answer = append(m.Answer, rr)
		}
		if len(m.Answer) == 0 {
			soa, _ := dns.NewRR("example.com. 300 IN SOA ns.example.com. root.example.com. 1 2 3 4 5")
			m.Rcode, m.Authoritative, m.Ns = dns.RcodeNameError, true, []dns.RR{soa}
		}
		w.WriteMsg(&m)
	})}
	ended := make(chan error)
	go func() { ended <- server.ActivateAndServe() }()
	return func() { server.Shutdown(); <-ended }
}

// TestContainer is a session in a container: what is pinged, what is told at the end, and refusals.
func TestContainer(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithSeed(1))
		web := simtest.Run(t, h, "web")
		cli := simtest.Run(t, h, "cli")
		ended := make(chan string)
		go func() { ended <- run(t, web, "timeout -s INT 10 tcpdump -n -t -i eth0 icmp") }()
		time.Sleep(time.Second)
		run(t, cli, "ping -c 1 172.17.0.2")
		require.Regexp(t, `^tcpdump: verbose output suppressed, use -v\[v\]... for full protocol decode
listening on eth0, link-type EN10MB \(Ethernet\), snapshot length 262144 bytes
IP 172.17.0.3 > 172.17.0.2: ICMP echo request, id \d+, seq 1, length 64
IP 172.17.0.2 > 172.17.0.3: ICMP echo reply, id \d+, seq 1, length 64

2 packets captured
2 packets received by filter
0 packets dropped by kernel
$`, <-ended)
		go func() { ended <- run(t, h, "tcpdump -n -t -c 4 -i any icmp 2>/dev/null") }()
		time.Sleep(time.Second)
		run(t, cli, "ping -c 1 172.17.0.1")
		require.Regexp(t, `^veth\w{7} In  IP 172.17.0.3 > 172.17.0.1: ICMP echo request, id \d+, seq 1, length 64
docker0 In  IP 172.17.0.3 > 172.17.0.1: ICMP echo request, id \d+, seq 1, length 64
docker0 Out IP 172.17.0.1 > 172.17.0.3: ICMP echo reply, id \d+, seq 1, length 64
veth\w{7} Out IP 172.17.0.1 > 172.17.0.3: ICMP echo reply, id \d+, seq 1, length 64
$`, <-ended)
		go func() { ended <- run(t, h, "tcpdump -n -t -c 2 -i docker0 -Q in icmp 2>/dev/null") }()
		time.Sleep(time.Second)
		run(t, cli, "ping -c 1 172.17.0.2") // past the host, which promiscuous mode shows
		require.Regexp(t, `^IP 172.17.0.3 > 172.17.0.2: ICMP echo request.*\nIP 172.17.0.2 > 172.17.0.3: ICMP echo reply.*\n$`, <-ended)
		for line, want := range map[string]string{
			"tcpdump -i nosuch":        "tcpdump: nosuch: No such device exists\n(No such device exists)\n",
			"tcpdump -c x":             "tcpdump: invalid packet count x\n",
			"tcpdump -s x":             "tcpdump: invalid snaplen x (must be >= 0 and <= 262144)\n",
			"tcpdump -Q x":             "tcpdump: unknown capture direction `x'\n",
			"tcpdump -r /none":         "tcpdump: /none: No such file or directory\n",
			"tcpdump -D":               "1.eth0 [Up, Running, Connected]\n2.any (Pseudo-device that captures on all interfaces) [Up, Running]\n3.lo [Up, Running, Loopback]\n",
			"tcpdump -k 2>&1|head -1":  "tcpdump: invalid option -- 'k'\n",
			"tcpdump --x 2>&1|head -1": "tcpdump: unrecognized option '--x'\n",
			"tcpdump --vers|head -1":   "tcpdump version 4.99.3\n",
			"tcpdump -h|wc -l":         "11\n",
			"tcpdump -i 2>&1|head -1":  "tcpdump: option requires an argument -- 'i'\n",
		} {
			require.Equal(t, want, run(t, cli, line), line)
		}
	})
}

// TestShared: containers see what the network sees that they share.
func TestShared(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithSeed(1))
		web := simtest.Run(t, h, "web")
		cli := simtest.Run(t, h, "cli")
		for m, device := range map[*sim.Container]string{
			simtest.Run(t, h, "beside", sim.WithNetworkOf(web)): "eth0", simtest.Run(t, h, "above", sim.WithHostNetwork()): "docker0",
		} {
			ended := make(chan string)
			go func() { ended <- run(t, m, "tcpdump -n -t -c 2 -i "+device+" icmp 2>/dev/null") }()
			time.Sleep(time.Second)
			run(t, cli, "ping -c 1 172.17.0.2")
			time.Sleep(time.Second)
			require.NoError(t, m.Stop(t.Context()))
			require.Regexp(t, `^IP 172.17.0.3 > 172.17.0.2: ICMP echo request.*\nIP 172.17.0.2 > 172.17.0.3: ICMP echo reply.*\n$`, <-ended, m.Name())
		}
	})
}

// TestInterrupted: who waits for the name of an address ends at once when he is interrupted, and
// nothing that was seen is lost.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithSeed(1))
		web := simtest.Run(t, h, "web", sim.WithDNS(netip.MustParseAddr("172.17.0.200")))
		for i := range 5 {
			go run(t, simtest.Run(t, h, fmt.Sprint("c", i)), "sleep 1; ping -c 1 -W 1 172.17.0.2")
		}
		begun := time.Now()
		text := run(t, web, "timeout -s INT 3 tcpdump -t -i eth0 icmp 2>&1")
		require.Less(t, time.Since(begun), 30*time.Second)
		require.Contains(t, text, "\n\n10 packets captured\n10 packets received by filter\n0 packets dropped by kernel\n")
		require.Equal(t, 5, strings.Count(text, ": ICMP echo request"))
	})
}

// TestHugeFrames: what a file says of itself does not decide how much is read.
func TestHugeFrames(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	file := []byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7f\x01\x00\x00\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x00\x01\x00\x04\x00")
	f, err := h.FS().OpenFile("x.pcap", os.O_CREATE|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	f.Write(append(file, make([]byte, 1<<18+1)...))
	require.NoError(t, f.Close())
	require.Contains(t, run(t, h, "tcpdump -r /x.pcap 2>&1 | tail -n 1"), "truncated dump file")
}

// FuzzPrint prints frames of any kind: no frame makes it panic.
// TestQuoted prints ICMP errors about each other, of which only the first few are shown.
func TestQuoted(t *testing.T) {
	t.Parallel()
	nested := func(n int) int {
		b := make([]byte, 20)
		for range n {
			ip := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0}
			b = append(ip, b...)
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		}
		return strings.Count(tcpdump.PrintFrame(append([]byte{12: 8, 13: 0}, b...)), "unreachable")
	}
	require.Less(t, nested(2), nested(4))
	require.Equal(t, nested(10), nested(100))
}

func FuzzPrint(f *testing.F) {
	for _, text := range []string{
		"ffffffffffff02420a0100030806000108000604000102420a0100030a0100030000000000000a010002",
		"02420a01000202420a01000308004500001c0000400040010000" + "0a0100030a0100020303000000000000",
		"02420a01000202420a01000386dd6000000000102cfffd000001000000000000000000000003fd0000010000000000000000000000023a000001000000018000000000000000",
		"02420a01000202420a0100030800450000280000400040060000" + "0a0100030a0100020050005000000000000000005fff0000000000000501",
		"02420a01000202420a01000386dd6000000000133afffd000001000000000000000000000003fd0000010000000000000000000000028700000000000000fd00000000000000000000", // cut off
	} {
		b, _ := hex.DecodeString(text)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, frame []byte) { tcpdump.PrintFrame(frame) })
}

// TestBridgeDefragments: at a bridge whose frames iptables sees what a port has received is whole, as
// connections are tracked; at a port, and without iptables, there are fragments.
func TestBridgeDefragments(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithSeed(1))
		simtest.Run(t, h, "web")
		cli := simtest.Run(t, h, "cli")
		above := simtest.Run(t, h, "above", sim.WithHostNetwork())
		see := func(device string) string {
			ended := make(chan string)
			go func() { ended <- run(t, above, "timeout 3 tcpdump -n -t -v -i "+device+" icmp 2>/dev/null") }()
			time.Sleep(time.Second)
			run(t, cli, "ping -c 1 -s 4000 172.17.0.2")
			return <-ended
		}
		const whole = `^IP \(tos 0x0, ttl 64, id \d+, offset 0, flags \[none\], proto ICMP \(1\), length 4028\)\n    172.17.0.3 > 172.17.0.2: ICMP echo request, id \d+, seq 1, length 4008\n` +
			`IP \(tos 0x0, ttl 64, id \d+, offset 0, flags \[none\], proto ICMP \(1\), length 4028\)\n    172.17.0.2 > 172.17.0.3: ICMP echo reply, id \d+, seq 1, length 4008\n\n$`
		require.Regexp(t, whole, see("docker0"))
		require.Equal(t, 4, strings.Count(see(h.Interfaces()[len(h.Interfaces())-1].Name), ": ip-proto-1\n"))
		require.NoError(t, h.SetSysctl("net.bridge.bridge-nf-call-iptables", "0"))
		require.Equal(t, 4, strings.Count(see("docker0"), ": ip-proto-1\n"))
	})
}
