package traceroute

import (
	"context"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"
	"drydock/sim/tools/iptables"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lab is the network of the recordings of Docker Engine 20.10.24: a host on a LAN with
// another machine and a gateway that knows no other networks, and containers c1 and c2.
func lab(t *testing.T) (h *sim.Host, c1 *sim.Container) {
	lan := simtest.NewLAN(t)
	uplink := func(addr string) sim.MachineOption { return sim.WithUplink(lan, netip.MustParsePrefix(addr)) }
	gateway := simtest.NewMachine(t, uplink("172.16.80.1/24"))
	require.NoError(t, gateway.SetSysctl("net.ipv4.ip_forward", "1"))
	simtest.NewMachine(t, uplink("172.16.80.47/24"))
	h = simtest.NewHost(t, uplink("172.16.80.10/24").(sim.HostOption))
	require.NoError(t, h.AddRoute(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParseAddr("172.16.80.1")))
	c1 = simtest.Run(t, h, "c1", sim.WithAddHost("web:172.17.0.3"))
	simtest.Run(t, h, "c2")
	return h, c1
}

// TestRecordings has what traceroute printed in containers and on their host, but for the
// times, which are none here.
func TestRecordings(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, c1 := lab(t)
		for _, tt := range []struct {
			line, want string
			took       time.Duration
		}{
			{"traceroute -n -q 1 172.17.0.3", "traceroute to 172.17.0.3 (172.17.0.3), 30 hops max, 60 byte packets\n 1  172.17.0.3  T\n", 0},
			{"traceroute -n 172.16.80.47", "traceroute to 172.16.80.47 (172.16.80.47), 30 hops max, 60 byte packets\n" +
				" 1  172.17.0.1  T  T  T\n 2  172.16.80.47  T  T  T\n", 0},
			{"traceroute -n -I -q 1 172.16.80.47", "traceroute to 172.16.80.47 (172.16.80.47), 30 hops max, 60 byte packets\n 1  172.17.0.1  T\n 2  172.16.80.47  T\n", 0},
			// Recorded with -m 4: of three answers at once a gateway gives two, of which that of the
			// second hop need not be one.
			{"traceroute -n -q 1 -m 3 -w 1 8.8.8.8", "traceroute to 8.8.8.8 (8.8.8.8), 3 hops max, 60 byte packets\n 1  172.17.0.1  T\n 2  172.16.80.1  T !N\n", 0},
			{"traceroute -n -q 1 -m 3 -w 1 172.17.0.92", "traceroute to 172.17.0.92 (172.17.0.92), 3 hops max, 60 byte packets\n 1  *\n 2  *\n 3  *\n", time.Second},
			{"traceroute -n -q 1 -f 2 172.16.80.47", "traceroute to 172.16.80.47 (172.16.80.47), 30 hops max, 60 byte packets\n 2  172.16.80.47  T\n", 0},
			{"traceroute -I -q 1 web", "traceroute to web (172.17.0.3), 30 hops max, 60 byte packets\n 1  web (172.17.0.3)  T\n", 0},
			{"traceroute web 40", "traceroute to web (172.17.0.3), 30 hops max, 40 byte packets\n 1  web (172.17.0.3)  T  T  T\n", 0},
		} {
			time.Sleep(20 * time.Second) // so that each may be told of errors, of which a host sends six and then one a second
			start := time.Now()
			got := strings.ReplaceAll(tooltest.Output(t, Commands(), command.Call{Machine: c1}, tt.line), "0.000 ms", "T")
			assert.Equal(t, tt.want, got, tt.line)
			assert.Equal(t, tt.took, time.Since(start), tt.line)
		}
	})
}

// TestMessages has what traceroute printed in a network namespace.
func TestMessages(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		for line, want := range map[string]string{
			"traceroute nosuch": "nosuch: Name or service not known\nCannot handle \"host\" cmdline arg `nosuch' on position 1 (argc 1)\n(exit status 2)\n",
			"traceroute -4 ::1": "::1: Address family for hostname not supported\nCannot handle \"host\" cmdline arg `::1' on position 1 (argc 2)\n(exit status 2)\n",
			"traceroute -Z x":   "Bad option `-Z' (argc 1)\n(exit status 2)\n",
			"traceroute -P x":   "Bad option `-P' (argc 1)\n(exit status 2)\n",
			"traceroute 10.0.0.1": "traceroute to 10.0.0.1 (10.0.0.1), 30 hops max, 60 byte packets\n" +
				"connect: Network is unreachable\n(exit status 1)\n",
			"traceroute -m 300 web":       "max hops cannot be more than 255\n(exit status 2)\n",
			"traceroute -q 20 web":        "no more than 10 probes per hop\n(exit status 2)\n",
			"traceroute -q 0 web":         "no more than 10 probes per hop\n(exit status 2)\n",
			"traceroute -m x web":         "Cannot handle `-m' option with arg `x' (argc 2)\n(exit status 2)\n",
			"traceroute -w 1,x web":       "Cannot handle `-w' option with arg `1,x' (argc 2)\n(exit status 2)\n",
			"traceroute -w -1 web":        "bad wait specifications `-1,0,0' used\n(exit status 2)\n",
			"traceroute -p x web":         "Cannot handle `-p' option with arg `x' (argc 2)\n(exit status 2)\n",
			"traceroute -s nosuch ::1":    "nosuch: Name or service not known\nCannot handle `-s' option with arg `nosuch' (argc 2)\n(exit status 2)\n",
			"traceroute -s 1.2.3.4 ::1":   "IP version mismatch in addresses specified\n(exit status 2)\n",
			"traceroute -T -q 1 ::1":      "traceroute to ::1 (::1), 30 hops max, 80 byte packets\n 1  localhost (::1)  0.000 ms\n",
			"traceroute -I -n -q 1 ::1 9": "traceroute to ::1 (::1), 30 hops max, 48 byte packets\n 1  ::1  0.000 ms\n",
			"traceroute -T 10.0.0.1": "traceroute to 10.0.0.1 (10.0.0.1), 30 hops max, 60 byte packets\n" +
				"connect: Network is unreachable\n(exit status 1)\n",
			"traceroute -s 1.2.3.4 127.0.0.1": "traceroute to 127.0.0.1 (127.0.0.1), 30 hops max, 60 byte packets\n" +
				"bind: Cannot assign requested address\n(exit status 1)\n",
			"traceroute -w x web":         "Cannot handle `-w' option with arg `x' (argc 2)\n(exit status 2)\n",
			"traceroute -f 5 -m 3 web":    "first hop out of range\n(exit status 2)\n",
			"traceroute -f 0 web":         "first hop out of range\n(exit status 2)\n",
			"traceroute web 70000":        "too big packetlen 70000 specified\n(exit status 2)\n",
			"traceroute":                  usage,
			"traceroute6 -n -q 1 ::1":     "traceroute to ::1 (::1), 30 hops max, 80 byte packets\n 1  ::1  0.000 ms\n",
			"traceroute -q 1 localhost":   "traceroute to localhost (127.0.0.1), 30 hops max, 60 byte packets\n 1  localhost (127.0.0.1)  0.000 ms\n",
			"traceroute -4 -q1 localhost": "traceroute to localhost (127.0.0.1), 30 hops max, 60 byte packets\n 1  localhost (127.0.0.1)  0.000 ms\n",
		} {
			assert.Equal(t, want, tooltest.Output(t, Commands(), command.Call{Machine: h}, line), line)
		}
	})
}

// shortRE matches times of a connection, which takes a moment that depends on the machine.
var shortRE = regexp.MustCompile(`\b0\.\d{3} ms`)

// TestMethods has what comes of each method where nobody listens, where somebody does, where
// a rule refuses, and where nobody is.
func TestMethods(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h, c1 := lab(t)
		c2, ok := h.Container("c2")
		require.True(t, ok)
		l, err := c2.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		p, err := c2.ListenPacket(t.Context(), "udp", ":33436")
		require.NoError(t, err)
		defer p.Close()
		for _, rule := range []string{"-p tcp --dport 22 -j REJECT --reject-with icmp-admin-prohibited", "-p udp --dport 5000 -j DROP"} {
			require.Empty(t, tooltest.Output(t, iptables.Commands(), command.Call{Machine: h}, "iptables -I DOCKER-USER "+rule))
		}
		const first = " 1  172.17.0.1  T  T  T\n"
		for _, tt := range []struct {
			args, want string
			took       time.Duration
		}{
			{"-T 172.17.0.3", " 1  172.17.0.3  T  T  T\n", 0},
			{"-T -p 81 172.17.0.3", " 1  172.17.0.3  T  T  T\n", 0},
			{"-U 172.17.0.3", " 1  172.17.0.3  T  T  T\n", 0},
			{"-U -p domain 172.16.80.47", first + " 2  172.16.80.47  T  T  T\n", 0},
			{"-T 172.16.80.47", first + " 2  172.16.80.47  T  T  T\n", 0},
			{"-T -N 1 -p 22 172.16.80.47", first + " 2  172.17.0.1  T !X  T !X  T !X\n", 0},
			{"-I 172.16.80.47", first + " 2  172.16.80.47  T  T  T\n", 0},
			{"-s 172.17.0.2 172.16.80.47", first + " 2  172.16.80.47  T  T  T\n", 0},
			{"-U -p 5000 -m 2 172.16.80.47", " 1  172.17.0.1  T  T  T\n 2  * * *\n", 5 * time.Second},
			{"-q 1 -U -p 5000 -m 2 -w 1 172.16.80.47", " 1  172.17.0.1  T\n 2  *\n", time.Second},
			{"-m 2 172.17.0.92", " 1  172.17.0.2  L !H  L !H  L !H\n", 2997 * time.Millisecond},
			{"-T -m 2 172.17.0.92", " 1  172.17.0.2  L !H  L !H  L !H\n", 2997 * time.Millisecond},
			{"-I -m 2 172.17.0.92", " 1  172.17.0.2  L !H  L !H  L !H\n", 2997 * time.Millisecond},
			{"-T -N 1 -w .5 -m 1 172.17.0.91", " 1  * * *\n", 1500 * time.Millisecond},
		} {
			time.Sleep(20 * time.Second) // so that each may be told of errors, of which a host sends six and then one a second
			start := time.Now()
			got := tooltest.Output(t, Commands(), command.Call{Machine: c1}, "traceroute -n "+tt.args)
			_, got, _ = strings.Cut(got, "\n")
			got = shortRE.ReplaceAllString(strings.ReplaceAll(got, "2997.000 ms", "L"), "T")
			assert.Equal(t, tt.want, got, tt.args)
			assert.Equal(t, tt.took, time.Since(start), tt.args)
		}
	})
}

// TestSignal has ^C end a trace.
func TestSignal(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, c1 := lab(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(1500*time.Millisecond, func() { cancel(command.SIGINT) })
		start := time.Now()
		call := &command.Call{Machine: c1, Args: []string{"traceroute", "172.17.0.92"}}
		require.Equal(t, 130, Commands().Run(ctx, call))
		require.Equal(t, 1500*time.Millisecond, time.Since(start))
	})
}

func TestMeaning(t *testing.T) {
	t.Parallel()
	for e, want := range map[ping.ICMPError]string{
		{Type: 11}: "", {Type: 3, Code: 3}: "", {Type: 3}: " !N", {Type: 3, Code: 1}: " !H", {Type: 3, Code: 2}: " !P",
		{Type: 3, Code: 4, Info: 1400}: " !F-1400", {Type: 3, Code: 5}: " !S", {Type: 3, Code: 13}: " !X", {Type: 12}: " !<12-0>",
	} {
		e.From = netip.MustParseAddr("10.0.0.1")
		note, final := meaning(&e)
		assert.Equal(t, want, note)
		assert.Equal(t, e.Type != 11, final)
	}
}

// FuzzOptions has hostile command lines.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-n -q 1 -m 3 web", "-w 1e9 x", "-f 0 -m 256 x 99999999999", "--first=x", "a b c", "-q-1 x -1", "-p 0x50 -T -w 1,2,3 -N 0 x", "-w nan,-inf -s y x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		o := newOptions()
		if err := o.parse(strings.Fields(line)); err != nil || o.host == "" {
			return
		}
		if o.port < 0 || o.port > 65535 || o.first < 1 || o.hops > 255 || o.first > o.hops || o.queries < 1 || o.queries > 10 || o.size < 0 || o.size > maxPacket || o.wait < 0 {
			t.Errorf("%q: %+v", line, o)
		}
	})
}
