package iproute2

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"net/netip"
)

// tcLines are commands in a row with what tc 6.1 prints and the kernel answers. The real ones
// are asked, too, as far as the kernel has the qdiscs.
var tcLines = []struct {
	line, want string
	status     int
}{
	{"tc qdisc show dev eth0", "qdisc noqueue 0: root refcnt 2 \n", 0},
	{"tc -s qdisc show dev eth0", "qdisc noqueue 0: root refcnt 2 \n Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n", 0},
	{"tc qdisc del dev eth0 root", "Error: Cannot delete qdisc with handle of zero.\n", 2},
	{"tc qdisc change dev eth0 root netem delay 5ms", "Error: Qdisc not found. To create specify NLM_F_CREATE flag.\n", 2},
	{"tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 32kbit latency 400ms", "", 0},
	{"tc qdisc show dev eth0", "qdisc tbf 1: root refcnt 2 rate 1Mbit burst 4Kb lat 400ms \n", 0},
	{"tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 32kbit latency 400ms", "Error: Exclusivity flag on, cannot modify.\n", 2},
	{"tc qdisc add dev eth0 root handle 2: tbf rate 1mbit burst 32kbit latency 400ms", "Error: NLM_F_REPLACE needed to override.\n", 2},
	{"tc qdisc add dev eth0 parent 7:1 pfifo", "Error: Failed to find specified qdisc.\n", 2},
	{"tc qdisc add dev eth0 parent 1:1 handle 10: pfifo limit 50", "", 0},
	{"tc qdisc show dev eth0", "qdisc tbf 1: root refcnt 2 rate 1Mbit burst 4Kb lat 400ms \nqdisc pfifo 10: parent 1:1 limit 50p\n", 0},
	{"tc qdisc show dev eth0 parent 1:1", "qdisc pfifo 10: parent 1:1 limit 50p\n", 0},
	{"tc qdisc show dev eth0 root", "qdisc tbf 1: root refcnt 2 rate 1Mbit burst 4Kb lat 400ms \n", 0},
	{"tc qdisc del dev eth0 parent 7:1", "Error: Failed to find qdisc with specified classid.\n", 2},
	{"tc qdisc del dev eth0 root handle 9:", "Error: Invalid handle.\n", 2},
	{"tc qdisc del dev eth0 root netem", "Error: Invalid qdisc name.\n", 2},
	{"tc qdisc change dev eth0 root tbf rate 2mbit burst 10k latency 100ms", "", 0},
	{"tc qdisc show dev eth0 root", "qdisc tbf 1: root refcnt 2 rate 2Mbit burst 10Kb lat 100ms \n", 0},
	{"tc qdisc del dev eth0 root", "", 0},
	{"tc qdisc show dev eth0", "qdisc noqueue 0: root refcnt 2 \n", 0},
	{"tc qdisc replace dev eth0 root bfifo limit 9000", "", 0},
	{"tc qdisc del dev eth0 root", "", 0},
	{"tc qdisc add dev eth0 root foo", "Error: Specified qdisc kind is unknown.\n", 2},
	{"tc qdisc add dev eth0 root foo bar", "Unknown qdisc \"foo\", hence option \"bar\" is unparsable\n", 1},
	{"tc qdisc add dev eth9 root netem", "Cannot find device \"eth9\"\n", 1},
	{"tc qdisc add dev", "Command line is not complete. Try option \"help\"\n", 255},
	{"tc qdisc add dev eth0 dev eth0", "Error: duplicate \"dev\": \"eth0\" is the second value.\n", 255},
	{"tc qdisc add dev eth0 parent x", "Error: argument \"x\" is wrong: invalid parent ID\n", 255},
	{"tc qdisc add dev eth0 handle x", "Error: argument \"x\" is wrong: invalid qdisc ID\n", 255},
	{"tc qdisc add dev eth0 root root netem", "Error: \"root\" is duplicate parent ID\n", 255},
	{"tc qdisc show foo", "What is \"foo\"? Try \"tc qdisc help\".\n", 255},
	{"tc qdisc frobnicate", "Command \"frobnicate\" is unknown, try \"tc qdisc help\".\n", 255},
	{"tc frobnicate", "Object \"frobnicate\" is unknown, try \"tc help\".\n", 255},
	{"tc -frobnicate", "Option \"-frobnicate\" is unknown, try \"tc -help\".\n", 255},
	{"tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 32kbit latency 400ms", "", 0},
	{"tc -d qdisc show dev eth0", "qdisc tbf 1: root refcnt 2 rate 1Mbit burst 4Kb/1 mpu 0b lat 400ms linklayer ethernet \n", 0},
	{"tc -p qdisc show dev eth0", "qdisc tbf 1: root refcnt 2 rate 1Mbit burst 4Kb lat 400ms \n", 0},
	{"tc qdisc del dev eth0 root", "", 0},
	{"tc -d qdisc show dev eth0", "qdisc noqueue 0: root refcnt 2 \n", 0},
	{"tc qdisc add dev eth0 root netem delay 99999s", "Illegal 1214752192 time (too large)\nIllegal \"latency\"\n", 1},
	{"tc qdisc add dev eth0 root netem delay 275s 1ms", "Illegal 275000000 time (too large)\nIllegal \"latency\"\n", 1},
	{"tc qdisc add dev eth0 root netem delay 1ms 1ms distribution strange", "No distribution data for strange (/usr/lib/x86_64-linux-gnu/tc//strange.dist: No such file or directory)\n", 1},
	{"tc -V", "tc utility, iproute2-6.1.0, libbpf 1.1.2\n", 0},
	{"tc qdisc add dev eth0 root netem delay", "Command line is not complete. Try option \"help\"\n", 255},
	{"tc qdisc add dev eth0 root netem loss 200%", "Illegal \"loss percent\"\n", 1},
	{"tc qdisc add dev eth0 root netem loss 1% loss 2%", "Illegal \"duplicate loss argument\n\"\n", 1},
	{"tc qdisc add dev eth0 root netem wet", "What is \"wet\"?\n" + netemUsage, 1},
	{"tc qdisc add dev eth0 root netem reorder 5%", "reordering not possible without specifying some delay\n" + netemUsage, 1},
	{"tc qdisc add dev eth0 root netem delay 1ms gap 5", "gap specified without reorder probability\n" + netemUsage, 1},
	{"tc qdisc add dev eth0 root netem ecn", "ecn requested without loss model\n" + netemUsage, 1},
	{"tc qdisc add dev eth0 root tbf rate x", "tbf: illegal value for \"rate\": \"x\"\n", 1},
	{"tc qdisc add dev eth0 root tbf", "tbf: the \"rate\" parameter is mandatory.\ntbf: the \"burst\" parameter is mandatory.\ntbf: either \"limit\" or \"latency\" is required.\n" + tbfUsage, 1},
	{"tc qdisc add dev eth0 root pfifo size 3", "pfifo: unknown parameter \"size\"\n" + fifoUsage, 1},
}

// TestTC runs the lines on a machine.
func TestTC(t *testing.T) {
	t.Parallel()
	m := simtest.NewMachine(t, sim.WithUplink(simtest.NewLAN(t), netip.MustParsePrefix("172.17.0.2/16")))
	for _, tt := range tcLines {
		got, status := run(m, tt.line)
		assert.Equal(t, tt.want, got, tt.line)
		assert.Equal(t, tt.status, status, tt.line)
	}
	run(m, "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 1s")
	for _, verb := range []string{"change", "add"} { // kernels after 6.1 replace it
		got, status := run(m, "tc qdisc "+verb+" dev eth0 root pfifo")
		assert.Equal(t, map[string]string{"change": "Error: Invalid qdisc name.\n", "add": "Error: Exclusivity flag on, cannot modify.\n"}[verb], got)
		assert.Equal(t, 2, status)
	}
}

// TestTCNetem is what no kernel without sch_netem can be asked.
func TestTCNetem(t *testing.T) {
	t.Parallel()
	host := simtest.NewHost(t)
	web, err := host.CreateSpec("web", dockerapi.ContainerCreate{HostConfig: dockerapi.HostConfig{CapAdd: dockerapi.Words{"NET_ADMIN"}}})
	require.NoError(t, err)
	require.NoError(t, web.Start())
	plain := simtest.Run(t, host, "plain")
	ok := func(m command.Machine, line, want string) {
		t.Helper()
		got, status := run(m, line)
		assert.Equal(t, want, got, line)
		if want == "" {
			assert.Zero(t, status, line)
		}
	}
	ok(web, "tc qdisc", "qdisc noqueue 0: dev lo root refcnt 2 \nqdisc noqueue 0: dev eth0 root refcnt 2 \n")
	ok(web, "tc qdisc add dev eth0 root netem delay 100ms 10ms 25% distribution normal loss 0.3% 25%", "")
	ok(web, "tc qdisc show dev eth0", "qdisc netem 8001: root refcnt 2 limit 1000 delay 100ms  10ms 25% loss 0.3% 25%\n")
	ok(web, "tc qdisc change dev eth0 root netem loss gemodel 1% 10% 70% 0.1%", "")
	ok(web, "tc qdisc ls dev eth0", "qdisc netem 8001: root refcnt 2 limit 1000 loss gemodel p 1% r 10% 1-h 70% 1-k 0.1%\n")
	ok(web, "tc qdisc replace dev eth0 root netem delay 100ms 10ms 25% rate 1mbit corrupt 5% slot 5ms reorder 10% 50% gap 2", "")
	ok(web, "tc qdisc change dev eth0 root netem loss 5%", "")
	ok(web, "tc qdisc ls dev eth0", "qdisc netem 8001: root refcnt 2 limit 1000 loss 5% reorder 10% 50% corrupt 5% rate 1Mbit slot 5ms 5ms\n")
	ok(web, "tc qdisc replace dev eth0 root netem delay 100ms 10ms", "")
	ok(web, "tc qdisc ls dev eth0", "qdisc netem 8001: root refcnt 2 limit 1000 delay 100ms  10ms 25% reorder 10% 50% corrupt 5% rate 1Mbit slot 5ms 5ms\n")
	got, _ := run(web, "ip link show eth0")
	assert.Contains(t, got, "qdisc netem state UP mode DEFAULT group default qlen 1000")
	ok(web, "tc qdisc replace dev eth0 root handle 1: tbf rate 1mbit burst 32kbit latency 400ms", "")
	ok(web, "tc qdisc add dev eth0 parent 1:1 handle 10: netem delay 100ms", "")
	ok(web, "tc qdisc show dev eth0", "qdisc tbf 1: root refcnt 2 rate 1Mbit burst 4Kb lat 400ms \nqdisc netem 10: parent 1:1 limit 1000 delay 100ms\n")
	list, err := web.Qdiscs("eth0")
	require.NoError(t, err)
	require.Len(t, list, 2)
	ok(web, "tc qdisc add dev eth0 parent 10:1 handle 20: fq_codel", "")
	ok(web, "tc qdisc change dev eth0 parent 10:1 handle 20: fq_codel quantum 300 noecn limit 99", "")
	ok(web, "tc qdisc change dev eth0 parent 10:1 fq_codel ecn target 7ms limit 10240", "")
	ok(web, "tc qdisc change dev eth0 parent 10:1 fq_codel flows 16", "RTNETLINK answers: Invalid argument (veth: FQCoDel.Flows 16: invalid impairment: flows of a queue that is there)\n")
	ok(web, "tc qdisc show dev eth0 handle 20:", "qdisc fq_codel 20: parent 10:1 limit 10240p flows 1024 quantum 300 target 7ms interval 100ms memory_limit 32Mb ecn drop_batch 64 \n")
	ok(web, "tc qdisc replace dev eth0 parent 10:1 fq_codel quantum 1514 target 5ms", "")
	ok(web, "tc qdisc add dev eth0 parent 20:1 handle 30: fq_codel", "RTNETLINK answers: Operation not supported\n")
	ok(web, "tc -s qdisc show dev eth0 handle 20:", "qdisc fq_codel 20: parent 10:1 limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64 \n"+
		" Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n"+
		"  maxpacket 0 drop_overlimit 0 new_flow_count 0 ecn_mark 0\n  new_flows_len 0 old_flows_len 0\n")
	ok(web, "tc qdisc del dev eth0 root", "")
	ok(web, "tc qdisc add dev lo root netem delay 1ms", "RTNETLINK answers: Operation not supported\n")
	ok(plain, "tc qdisc add dev eth0 root netem delay 1ms", "RTNETLINK answers: Operation not permitted\n")

	outside := ""
	for _, i := range host.Interfaces() {
		if i.Master == "docker0" {
			outside = i.Name
			break
		}
	}
	ok(host, "tc qdisc add dev "+outside+" root netem loss 5%", "")
	ok(host, "tc qdisc show dev "+outside, "qdisc netem 8002: root refcnt 2 limit 1000 loss 5%\n")
	ok(host, "tc qdisc add dev docker0 root netem delay 7ms", "")
	ok(host, "tc qdisc show dev docker0", "qdisc netem 8003: root refcnt 2 limit 1000 delay 7ms\n")
	require.NoError(t, web.Link(bridgeNetwork(t, host)).Impair(veth.Impairment{Delay: time.Second}, veth.Impairment{}))
	ok(web, "tc qdisc show dev eth0", "qdisc netem 8001: root refcnt 2 limit 65536 delay 1s\n")
}

// TestTCDelPurges: what was in a qdisc is gone with it, holds back nobody, and is counted by no other; change keeps it.
func TestTCDelPurges(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t, sim.WithSeed(1))
		web := simtest.Run(t, host, "web")
		outside := ""
		for _, i := range host.Interfaces() {
			if i.Master == "docker0" {
				outside = i.Name
			}
		}
		rtt := func(wait time.Duration) time.Duration {
			s, _ := host.Ping(t.Context(), web.IP().String(), &ping.Config{Count: 1, Timeout: wait * time.Second})
			return s.Max
		}
		tc := func(line string) string {
			text, _ := run(host, strings.ReplaceAll(line, "OUT", outside))
			return text
		}
		for _, slow := range []string{"netem delay 30s", "netem delay 30s rate 1gbit", "tbf rate 8bit burst 1514 limit 9000", "netem rate 1bit"} {
			rtt(1)
			require.Empty(t, tc("tc qdisc add dev OUT root "+slow))
			rtt(1)
			rtt(1)
			for _, again := range []string{"netem rate 1gbit", "tbf rate 1gbit burst 10000 limit 9000"} {
				require.Empty(t, tc("tc qdisc del dev OUT root"))
				require.Empty(t, tc("tc qdisc add dev OUT root "+again))
				assert.Contains(t, tc("tc -s qdisc show dev OUT"), "Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p", slow)
				assert.Less(t, rtt(60), time.Millisecond, slow)
				assert.Contains(t, tc("tc -s qdisc show dev OUT"), "Sent 98 bytes 1 pkt (dropped 0", slow)
			}
			require.Empty(t, tc("tc qdisc del dev OUT root"))
		}
		require.Empty(t, tc("tc qdisc add dev OUT root netem delay 10s"))
		rtt(1)
		require.Empty(t, tc("tc qdisc change dev OUT root netem delay 20s"))
		assert.Contains(t, tc("tc -s qdisc show dev OUT"), "backlog 140b 2p")
		time.Sleep(11 * time.Second)
		assert.Contains(t, tc("tc -s qdisc show dev OUT"), "Sent 140 bytes 2 pkt")
		require.Empty(t, tc("tc qdisc add dev OUT parent 800d:1 tbf rate 1mbit burst 10k latency 1s"))
		shown := tc("tc -s qdisc show dev OUT")
		assert.Contains(t, shown, "Sent 140 bytes 2 pkt")
		assert.Contains(t, shown, "Sent 0 bytes 0 pkt", "the child is new")
	})
}

// TestNetemAsTheKernel compares what tc shows of options with what we show, where the kernel has
// sch_netem.
func TestNetemAsTheKernel(t *testing.T) {
	if _, err := exec.LookPath("tc"); err != nil || os.Geteuid() != 0 {
		t.Skip("needs tc and root")
	}
	options := []string{
		"delay 100ms", "delay 1.5s 10ms 30%", "loss 0.3% 25%", "loss gemodel 1% 10% 70% 0.1%", "loss state 1% 10% 20% 30% 0.5%", "loss 1% ecn",
		"limit 10k duplicate 1% 5% corrupt 0.1% reorder 25% 50% gap 5 delay 10ms", "rate 5kbit 20 100 5", "slot 800us 10ms packets 32 bytes 64k",
	}
	script := "ip link add eth0 numtxqueues 1 type veth peer name eth1 && ip link set eth0 up && exec 2>&1\n"
	for _, o := range options {
		script += "tc qdisc replace dev eth0 root handle 1: netem " + o + "; tc qdisc show dev eth0\n"
	}
	out, err := exec.Command("unshare", "-n", "sh", "-c", script).Output()
	if err != nil || strings.Contains(string(out), "kind is unknown") {
		t.Skip("makes no namespace, or has no sch_netem: ", err)
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	require.Len(t, lines, len(options))
	for n, o := range options {
		i, err := veth.ParseNetem(o)
		require.NoError(t, err)
		_, shown, _ := strings.Cut(lines[n], "refcnt 2 ")
		if text, _, ok := strings.Cut(shown, " seed "); ok { // of later kernels with a later tc
			shown = text
		}
		assert.Equal(t, i.Netem(), shown, o)
	}
}

func bridgeNetwork(t *testing.T, host *sim.Host) *sim.Network {
	t.Helper()
	n, ok := host.Network("bridge")
	require.True(t, ok)
	return n
}

// TestTCAsTheRealOne compares with the tc and the kernel that are there.
func TestTCAsTheRealOne(t *testing.T) {
	path, err := exec.LookPath("tc")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("needs tc and root")
	}
	version, _ := exec.Command(path, "-V").Output()
	if !strings.Contains(string(version), "iproute2-6.1") {
		t.Skip("is another tc: ", string(version))
	}
	script := "ip link add eth0 numtxqueues 1 type veth peer name eth1 && ip link set eth0 up && exec 2>&1\n"
	for _, tt := range tcLines {
		script += tt.line + "; echo status $?\n"
	}
	out, err := exec.Command("unshare", "-n", "sh", "-c", script).Output()
	if err != nil {
		t.Skip("makes no namespace: ", err)
	}
	rest := string(out)
	for _, tt := range tcLines {
		var got string
		var status string
		got, rest, _ = strings.Cut(rest, "status ")
		got = strings.ReplaceAll(got, ": must match existing qdisc", "") // of kernels after 6.1
		status, rest, _ = strings.Cut(rest, "\n")
		if strings.Contains(got, "Specified qdisc kind is unknown") && !strings.Contains(tt.want, "unknown") {
			continue // not in this kernel
		}
		if usage, _, ok := strings.Cut(tt.want, "Usage: "); ok { // that has less here
			got, _, _ = strings.Cut(got, "Usage: ")
			assert.Equal(t, usage, got, tt.line)
			continue
		}
		assert.Equal(t, tt.want, got, tt.line)
		assert.Equal(t, strconv.Itoa(tt.status), status, tt.line)
	}
}
