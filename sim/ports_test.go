package sim_test

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

func portLines(c *sim.Container) string {
	var lines []string
	for _, p := range c.Ports() {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, ", ")
}

// TestPortForms has what "docker port" and iptables-save printed for forms of -p.
func TestPortForms(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	for _, test := range []struct {
		spec, ports string
		dnat        []string // the rules of nat's chain DOCKER
	}{
		{"8080:80", "80/tcp -> 0.0.0.0:8080, 80/tcp -> :::8080",
			[]string{"! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}},
		{"80", "80/tcp -> 0.0.0.0:32768, 80/tcp -> :::32768",
			[]string{"! -i docker0 -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.17.0.2:80"}},
		{"127.0.0.1:8080:80", "80/tcp -> 127.0.0.1:8080",
			[]string{"-d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}},
		{"0.0.0.0:8080:80", "80/tcp -> 0.0.0.0:8080",
			[]string{"! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}},
		{"172.16.80.10:8080:80", "80/tcp -> 172.16.80.10:8080",
			[]string{"-d 172.16.80.10/32 ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}},
		{"127.0.0.1::80", "80/tcp -> 127.0.0.1:32768",
			[]string{"-d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.17.0.2:80"}},
		{"0:80", "80/tcp -> 0.0.0.0:32768, 80/tcp -> :::32768",
			[]string{"! -i docker0 -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.17.0.2:80"}},
		{"8080:80/TCP", "80/tcp -> 0.0.0.0:8080, 80/tcp -> :::8080",
			[]string{"! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"}},
		{"80/udp", "80/udp -> 0.0.0.0:32768, 80/udp -> :::32768",
			[]string{"! -i docker0 -p udp -m udp --dport 32768 -j DNAT --to-destination 172.17.0.2:80"}},
		{"7000-7005:80", "80/tcp -> 0.0.0.0:7000, 80/tcp -> :::7000",
			[]string{"! -i docker0 -p tcp -m tcp --dport 7000 -j DNAT --to-destination 172.17.0.2:80"}},
		{"[::]:8080:80", "80/tcp -> :::8080", nil},
		{"8002-8003", "8002/tcp -> 0.0.0.0:32769, 8002/tcp -> :::32769, 8003/tcp -> 0.0.0.0:32768, 8003/tcp -> :::32768",
			[]string{
				"! -i docker0 -p tcp -m tcp --dport 32768 -j DNAT --to-destination 172.17.0.2:8003",
				"! -i docker0 -p tcp -m tcp --dport 32769 -j DNAT --to-destination 172.17.0.2:8002",
			}},
		{"53:53/udp", "53/udp -> 0.0.0.0:53, 53/udp -> :::53",
			[]string{"! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:53"}},
		{"[::1]:8080:80", "80/tcp -> ::1:8080", nil},
		{"7000-7001:8002-8003", "8002/tcp -> 0.0.0.0:7000, 8002/tcp -> :::7000, 8003/tcp -> 0.0.0.0:7001, 8003/tcp -> :::7001",
			[]string{
				"! -i docker0 -p tcp -m tcp --dport 7001 -j DNAT --to-destination 172.17.0.2:8003",
				"! -i docker0 -p tcp -m tcp --dport 7000 -j DNAT --to-destination 172.17.0.2:8002",
			}},
	} {
		t.Run(test.spec, func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.10/24")))
			before := save(t, h)
			c := simtest.Run(t, h, "pp", sim.WithPublish(test.spec))
			require.Equal(t, test.ports, portLines(c))
			want := "-A DOCKER -i docker0 -j RETURN\n"
			for _, rule := range test.dnat {
				want += "-A DOCKER " + rule + "\n"
			}
			require.Equal(t, want, grep(save(t, h, "nat"), "-A DOCKER "))
			require.NoError(t, c.Stop(t.Context()))
			require.Empty(t, c.Ports())
			require.Equal(t, before, save(t, h))
		})
	}
}

func grep(text, prefix string) (found string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			found += line
		}
	}
	return found
}

// TestSeveralPorts: rules are shared by bindings of one port, and go with the last.
func TestSeveralPorts(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	before := save(t, h)
	c := simtest.Run(t, h, "pp", sim.WithPublish("8081:80", "8080:80", "443:443", "53:53/udp", "53:53", "127.0.0.1:9001:9000"))
	require.Equal(t, `-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 9000 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 443 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 53 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT
`, grep(save(t, h, "filter"), "-A DOCKER "))
	require.Equal(t, `-A DOCKER -i docker0 -j RETURN
-A DOCKER -d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 9001 -j DNAT --to-destination 172.17.0.2:9000
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.17.0.2:443
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 53 -j DNAT --to-destination 172.17.0.2:53
-A DOCKER ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:53
`, grep(save(t, h, "nat"), "-A DOCKER "))
	require.Equal(t, "53/tcp -> 0.0.0.0:53, 53/tcp -> :::53, 53/udp -> 0.0.0.0:53, 53/udp -> :::53, "+
		"80/tcp -> 0.0.0.0:8080, 80/tcp -> :::8080, 80/tcp -> 0.0.0.0:8081, 80/tcp -> :::8081, "+
		"443/tcp -> 0.0.0.0:443, 443/tcp -> :::443, 9000/tcp -> 127.0.0.1:9001", portLines(c))
	require.NoError(t, c.Kill())
	require.Equal(t, before, save(t, h))
}

// TestPublishAll gives each exposed port an ephemeral one, others at each start.
func TestPublishAll(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "p1", sim.WithExpose("80", "53/udp"), sim.WithPublishAll())
	require.Equal(t, "53/udp -> 0.0.0.0:32768, 53/udp -> :::32768, 80/tcp -> 0.0.0.0:32768, 80/tcp -> :::32768", portLines(c))
	require.NoError(t, c.Restart(t.Context()))
	require.Equal(t, "53/udp -> 0.0.0.0:32769, 53/udp -> :::32769, 80/tcp -> 0.0.0.0:32769, 80/tcp -> :::32769", portLines(c))

	// What has a binding of its own gets no other one.
	p6 := simtest.Run(t, h, "p6", sim.WithExpose("80", "1234"), sim.WithPublishAll(), sim.WithPublish("8080:80"))
	require.Equal(t, "80/tcp -> 0.0.0.0:8080, 80/tcp -> :::8080, 1234/tcp -> 0.0.0.0:32770, 1234/tcp -> :::32770", portLines(p6))
	require.Empty(t, simtest.Run(t, h, "p8", sim.WithPublishAll()).Ports())

	// Passed over: a port that a container was given by number, and one that a process
	// of the host has.
	simtest.Run(t, h, "ex", sim.WithPublish("32771:80"))
	p10 := simtest.Run(t, h, "p10", sim.WithPublish("80"))
	require.Equal(t, "80/tcp -> 0.0.0.0:32772, 80/tcp -> :::32772", portLines(p10))
	l, err := h.Listen(t.Context(), "tcp4", ":32773")
	require.NoError(t, err)
	defer l.Close()
	p11 := simtest.Run(t, h, "p11", sim.WithPublish("80"))
	require.Equal(t, "80/tcp -> 0.0.0.0:32774, 80/tcp -> :::32773", portLines(p11))
}

var endpointID = regexp.MustCompile(`\([0-9a-f]{64}\)`)

// TestPortConflicts has Docker's messages. What failed leaves nothing behind.
func TestPortConflicts(t *testing.T) {
	t.Parallel()
	lan := simtest.NewLAN(t)
	for _, test := range []struct {
		taken   []string // by containers
		process string   // of the host, listening there
		spec    string
		message string
		cause   error
	}{
		{[]string{"8080:80"}, "", "8080:80", "Bind for 0.0.0.0:8080 failed: port is already allocated", nil},
		{[]string{"8080:80"}, "", "127.0.0.1:8080:80", "Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use", syscall.EADDRINUSE},
		{[]string{"127.0.0.1:8080:80", "172.16.80.10:8080:80"}, "", "8080:80", "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use", syscall.EADDRINUSE},
		{nil, ":8080", "8080:80", "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use", syscall.EADDRINUSE},
		{nil, "127.0.0.1:8080", "8080:80", "Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use", syscall.EADDRINUSE},
		{nil, "", "172.16.80.99:80:80", "Error starting userland proxy: listen tcp4 172.16.80.99:80: bind: cannot assign requested address", syscall.EADDRNOTAVAIL},
		{nil, "", "9999:80/sctp", "Error starting userland proxy: protocol not supported", nil},
	} {
		t.Run(fmt.Sprint(test.taken, test.process, test.spec), func(t *testing.T) {
			t.Parallel()
			h := simtest.NewHost(t, sim.WithUplink(lan, netip.MustParsePrefix("172.16.80.10/24")))
			simtest.Run(t, h, "first") // gives docker0 its fe80::
			for i, spec := range test.taken {
				simtest.Run(t, h, fmt.Sprint("a", i), sim.WithPublish(spec))
			}
			if test.process != "" {
				l, err := h.Listen(t.Context(), "tcp4", test.process)
				require.NoError(t, err)
				defer l.Close()
			}
			c, err := h.Create("zz", sim.WithPublish("9000:90", test.spec))
			require.NoError(t, err)
			before, rules := snapshot(h), save(t, h)
			err = c.Start()
			var e *sim.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "driver failed programming external connectivity on endpoint zz (ID): "+test.message,
				endpointID.ReplaceAllString(err.Error(), "(ID)"))
			if test.cause != nil {
				require.ErrorIs(t, err, test.cause)
				want := sim.ErrPortInUse
				if test.cause == syscall.EADDRNOTAVAIL {
					want = sim.ErrAddress
				}
				require.ErrorIs(t, err, want)
			}
			require.Equal(t, before, snapshot(h))
			require.Equal(t, rules, save(t, h))
			_, err = h.Run("again", sim.WithPublish("9000:90"))
			require.NoError(t, err, "the first port is free again")
		})
	}
}

// TestPortChangesHands: TCP and UDP have ports of their own, and the port of a container
// that is stopped is free for others.
func TestPortChangesHands(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	a1 := simtest.Run(t, h, "a1", sim.WithPublish("8080:80"))
	simtest.Run(t, h, "a4", sim.WithPublish("8080:80/udp"))
	require.NoError(t, a1.Stop(t.Context()))
	a5 := simtest.Run(t, h, "a5", sim.WithPublish("8080:80"))
	err := a1.Start()
	require.ErrorIs(t, err, sim.ErrPortInUse)
	require.ErrorContains(t, err, ": Bind for 0.0.0.0:8080 failed: port is already allocated")
	require.NoError(t, a5.Kill())
	require.NoError(t, a1.Start())
	require.Equal(t, "80/tcp -> 0.0.0.0:8080, 80/tcp -> :::8080", portLines(a1))
}

// TestPortForbidden has the messages of the docker command.
func TestPortForbidden(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for spec, message := range map[string]string{
		"70000:80":        "Invalid hostPort: 70000",
		"8080:abc":        "Invalid containerPort: abc",
		"8080:80:90":      "Invalid ip address: 8080",
		"8080:70000":      "Invalid containerPort: 70000",
		"abc":             "Invalid containerPort: abc",
		"1.2.3:80:80":     "Invalid ip address: 1.2.3",
		"300.1.1.1:80:80": "Invalid ip address: 300.1.1.1",
		"host:80:80":      "Invalid ip address: host",
		"7002-7000:80":    "Invalid hostPort: 7002-7000",
		"-1:80":           "Invalid hostPort: -1",
		"":                "No port specified: <empty>",
		"80:":             "No port specified: 80:<empty>",
		"8080:80/xyz":     "Invalid proto: xyz",
		"7000-7002:80-81": "Invalid ranges specified for container and host Ports: 80-81 and 7000-7002",
	} {
		_, err := h.Create("pp", sim.WithPublish(spec))
		require.ErrorIs(t, err, sim.ErrPort, spec)
		require.EqualError(t, err, message)
	}
	_, err := h.Create("pp", sim.WithExpose("80/xyz"))
	require.ErrorIs(t, err, sim.ErrPort)
}
