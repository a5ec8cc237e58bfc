package ports

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRecordedForms is the forms of -p, one after the other on one host: "docker
// port", "docker ps", and the ports of the container in the order of their rules.
func TestRecordedForms(t *testing.T) {
	t.Parallel()
	const rest = "53/tcp, 443/tcp, 8002-8004/tcp, 9000/tcp, 53/udp, 132/sctp"
	forms := []struct{ spec, port, ps, err string }{
		{spec: "80", port: lines("80/tcp -> 0.0.0.0:32768", "80/tcp -> :::32768"),
			ps: rest + ", 0.0.0.0:32768->80/tcp, :::32768->80/tcp"},
		{spec: "8080:80", port: lines("80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080"),
			ps: rest + ", 0.0.0.0:8080->80/tcp, :::8080->80/tcp"},
		{spec: "127.0.0.1:8080:80", port: lines("80/tcp -> 127.0.0.1:8080"),
			ps: rest + ", 127.0.0.1:8080->80/tcp"},
		{spec: "172.16.80.10:8080:80", port: lines("80/tcp -> 172.16.80.10:8080"),
			ps: rest + ", 172.16.80.10:8080->80/tcp"},
		{spec: "127.0.0.1::80", port: lines("80/tcp -> 127.0.0.1:32768"),
			ps: rest + ", 127.0.0.1:32768->80/tcp"},
		{spec: "0.0.0.0:8080:80", port: lines("80/tcp -> 0.0.0.0:8080"),
			ps: rest + ", 0.0.0.0:8080->80/tcp"},
		{spec: "53:53/udp", port: lines("53/udp -> 0.0.0.0:53", "53/udp -> :::53"),
			ps: "53/tcp, 80/tcp, 443/tcp, 8002-8004/tcp, 9000/tcp, 0.0.0.0:53->53/udp, :::53->53/udp, 132/sctp"},
		{spec: "8080:80/tcp", port: lines("80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080"),
			ps: rest + ", 0.0.0.0:8080->80/tcp, :::8080->80/tcp"},
		{spec: "7000-7002:8002-8004", port: lines(
			"8002/tcp -> 0.0.0.0:7000", "8002/tcp -> :::7000", "8003/tcp -> 0.0.0.0:7001",
			"8003/tcp -> :::7001", "8004/tcp -> 0.0.0.0:7002", "8004/tcp -> :::7002"),
			ps: "53/tcp, 80/tcp, 443/tcp, 9000/tcp, 53/udp, 132/sctp, 0.0.0.0:7000->8002/tcp, :::7000->8002/tcp, 0.0.0.0:7001->8003/tcp, :::7001->8003/tcp, 0.0.0.0:7002->8004/tcp, :::7002->8004/tcp"},
		{spec: "7000-7005:80", port: lines("80/tcp -> 0.0.0.0:7000", "80/tcp -> :::7000"),
			ps: rest + ", 0.0.0.0:7000->80/tcp, :::7000->80/tcp"},
		{spec: "8002-8004", port: lines(
			"8002/tcp -> 0.0.0.0:32771", "8002/tcp -> :::32771", "8003/tcp -> 0.0.0.0:32770",
			"8003/tcp -> :::32770", "8004/tcp -> 0.0.0.0:32769", "8004/tcp -> :::32769"),
			ps: "53/tcp, 80/tcp, 443/tcp, 9000/tcp, 53/udp, 132/sctp, 0.0.0.0:32771->8002/tcp, :::32771->8002/tcp, 0.0.0.0:32770->8003/tcp, :::32770->8003/tcp, 0.0.0.0:32769->8004/tcp, :::32769->8004/tcp"},
		{spec: "7000-7002:80", port: lines("80/tcp -> 0.0.0.0:7000", "80/tcp -> :::7000"),
			ps: rest + ", 0.0.0.0:7000->80/tcp, :::7000->80/tcp"},
		{spec: "[::1]:8080:80", port: lines("80/tcp -> ::1:8080"), ps: rest + ", ::1:8080->80/tcp"},
		{spec: "[::]:8080:80", port: lines("80/tcp -> :::8080"), ps: rest + ", :::8080->80/tcp"},
		{spec: "127.0.0.1:7000-7002:8002-8004", port: lines(
			"8002/tcp -> 127.0.0.1:7000", "8003/tcp -> 127.0.0.1:7001", "8004/tcp -> 127.0.0.1:7002"),
			ps: "53/tcp, 80/tcp, 443/tcp, 9000/tcp, 53/udp, 132/sctp, 127.0.0.1:7000->8002/tcp, 127.0.0.1:7001->8003/tcp, 127.0.0.1:7002->8004/tcp"},
		{spec: "80/udp", port: lines("80/udp -> 0.0.0.0:32768", "80/udp -> :::32768"),
			ps: "53/tcp, 80/tcp, 443/tcp, 8002-8004/tcp, 9000/tcp, 53/udp, 132/sctp, 0.0.0.0:32768->80/udp, :::32768->80/udp"},
		{spec: "9999:80/sctp", err: "protocol not supported"},
		{spec: "0:80", port: lines("80/tcp -> 0.0.0.0:32772", "80/tcp -> :::32772"),
			ps: rest + ", 0.0.0.0:32772->80/tcp, :::32772->80/tcp"},
		{spec: "8080:80/TCP", port: lines("80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080"),
			ps: rest + ", 0.0.0.0:8080->80/tcp, :::8080->80/tcp"},
		{spec: ":80", port: lines("80/tcp -> 0.0.0.0:32773", "80/tcp -> :::32773"), // as what follows shows
			ps: rest + ", 0.0.0.0:32773->80/tcp, :::32773->80/tcp"},
		{spec: "172.16.80.99:80:80",
			err: "listen tcp4 172.16.80.99:80: bind: cannot assign requested address"},
	}
	h := newHost()
	for _, f := range forms {
		require.Equal(t, f.err, h.docker(t, "run pp -p "+f.spec+" multi"), f.spec)
		if f.err != "" {
			require.Empty(t, h.running)
			continue
		}
		require.Equal(t, f.port, h.list(t, "pp"), f.spec)
		require.Equal(t, f.ps, Column(multi, h.running["pp"]), f.spec)
		h.stop("pp")
	}
	require.Empty(t, h.listening)

	// -P, on the same host.
	require.Empty(t, h.docker(t, "run p1 -P multip"))
	require.Equal(t, sortedLines(
		"8003/tcp -> 0.0.0.0:32776", "8003/tcp -> :::32776", "8004/tcp -> 0.0.0.0:32775", "8004/tcp -> :::32775",
		"9000/tcp -> 0.0.0.0:32774", "9000/tcp -> :::32774", "443/tcp -> 0.0.0.0:32778", "443/tcp -> :::32778",
		"53/tcp -> 0.0.0.0:32780", "53/tcp -> :::32780", "53/udp -> 0.0.0.0:32769", "53/udp -> :::32769",
		"80/tcp -> 0.0.0.0:32779", "80/tcp -> :::32779", "8002/tcp -> 0.0.0.0:32777", "8002/tcp -> :::32777",
	), h.list(t, "p1"))
	require.Equal(t, "0.0.0.0:32769->53/udp, 0.0.0.0:32780->53/tcp, :::32769->53/udp, :::32780->53/tcp, 0.0.0.0:32779->80/tcp, :::32779->80/tcp, 0.0.0.0:32778->443/tcp, :::32778->443/tcp, 0.0.0.0:32777->8002/tcp, :::32777->8002/tcp, 0.0.0.0:32776->8003/tcp, :::32776->8003/tcp, 0.0.0.0:32775->8004/tcp, :::32775->8004/tcp, 0.0.0.0:32774->9000/tcp, :::32774->9000/tcp",
		Column(images["multip"], h.running["p1"]))

	taken := Binding{Port{0, TCP}, netip.IPv4Unspecified(), 32793}
	for _, step := range []struct{ command, name, port string }{
		{"run p2 -P nginx", "p2", lines("80/tcp -> 0.0.0.0:32781", "80/tcp -> :::32781")},
		{"run p3 -p 80 nginx", "p3", lines("80/tcp -> 0.0.0.0:32782", "80/tcp -> :::32782")},
		{"stop p2", "", ""},
		{"run p4 -P nginx", "p4", lines("80/tcp -> 0.0.0.0:32783", "80/tcp -> :::32783")},
		{"run p2 -P nginx", "p2", lines("80/tcp -> 0.0.0.0:32784", "80/tcp -> :::32784")},
		{"stop p2", "", ""},
		{"run p2 -P nginx", "p2", lines("80/tcp -> 0.0.0.0:32785", "80/tcp -> :::32785")},
		{"stop p1", "", ""},
		{"run p5 -P nginx", "p5", lines("80/tcp -> 0.0.0.0:32786", "80/tcp -> :::32786")},
		{"run p6 -P -p 8080:80 nginx", "p6", lines("80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080")},
		{"run p7 -P --expose 1234 nginx", "p7", lines(
			"80/tcp -> 0.0.0.0:32788", "80/tcp -> :::32788", "1234/tcp -> 0.0.0.0:32787", "1234/tcp -> :::32787")},
		{"run p8 -P centos", "p8", ""},
		{"stop p2 p3 p4 p5 p6 p7 p8", "", ""},
		{"run p9 -P nginx", "p9", lines("80/tcp -> 0.0.0.0:32789", "80/tcp -> :::32789")},
		{"stop p9", "", ""},
		{"run p9 -P nginx", "p9", lines("80/tcp -> 0.0.0.0:32790", "80/tcp -> :::32790")},
		{"run ex -p 32791:80 nginx", "ex", lines("80/tcp -> 0.0.0.0:32791", "80/tcp -> :::32791")},
		{"run p10 -P nginx", "p10", lines("80/tcp -> 0.0.0.0:32792", "80/tcp -> :::32792")},
		{"", "", ""}, // a process of the host listens
		{"run p11 -P nginx", "p11", lines("80/tcp -> 0.0.0.0:32794", "80/tcp -> :::32793")},
	} {
		if step.command == "" {
			h.process(taken)
			continue
		}
		require.Empty(t, h.docker(t, step.command))
		if step.name != "" {
			require.Equal(t, step.port, h.list(t, step.name), step.command)
		}
	}
}

func TestRecordedSeveral(t *testing.T) {
	t.Parallel()
	h := newHost()
	require.Empty(t, h.docker(t, "run pp -p 8081:80 -p 8080:80 -p 443:443 -p 53:53/udp -p 53:53 -p 127.0.0.1:9001:9000 multi"))
	require.Equal(t, sortedLines(
		"443/tcp -> 0.0.0.0:443", "443/tcp -> :::443", "53/tcp -> 0.0.0.0:53", "53/tcp -> :::53",
		"53/udp -> 0.0.0.0:53", "53/udp -> :::53", "80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080",
		"80/tcp -> 0.0.0.0:8081", "80/tcp -> :::8081", "9000/tcp -> 127.0.0.1:9001",
	), h.list(t, "pp"))
	require.Equal(t, "0.0.0.0:53->53/tcp, :::53->53/tcp, 0.0.0.0:443->443/tcp, 0.0.0.0:53->53/udp, :::443->443/tcp, :::53->53/udp, 132/sctp, 8002-8004/tcp, 0.0.0.0:8080->80/tcp, 0.0.0.0:8081->80/tcp, :::8080->80/tcp, :::8081->80/tcp, 127.0.0.1:9001->9000/tcp",
		Column(multi, h.running["pp"]))
	var proxies []string // in the order in which docker-proxy was started
	for _, b := range h.running["pp"] {
		proxies = append(proxies, b.String())
	}
	require.Equal(t, []string{
		"9000/tcp -> 127.0.0.1:9001", "80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080", "80/tcp -> 0.0.0.0:8081",
		"80/tcp -> :::8081", "443/tcp -> 0.0.0.0:443", "443/tcp -> :::443", "53/tcp -> 0.0.0.0:53",
		"53/tcp -> :::53", "53/udp -> 0.0.0.0:53", "53/udp -> :::53",
	}, proxies)
	h.stop("pp")

	require.Empty(t, h.docker(t, "run srv -p 8080:80 -p 9090:9000/udp -p 9000:9000 multi"))
	require.Equal(t, lines("80/tcp -> 0.0.0.0:8080", "80/tcp -> :::8080", "9000/tcp -> 0.0.0.0:9000",
		"9000/tcp -> :::9000", "9000/udp -> 0.0.0.0:9090", "9000/udp -> :::9090"), h.list(t, "srv"))
	require.Equal(t, "53/tcp, 443/tcp, 8002-8004/tcp, 53/udp, 132/sctp, 0.0.0.0:9000->9000/tcp, :::9000->9000/tcp, 0.0.0.0:8080->80/tcp, :::8080->80/tcp, 0.0.0.0:9090->9000/udp, :::9090->9000/udp",
		Column(multi, h.running["srv"]))
}

// TestRecordedHostAddress is a daemon with --ip 172.16.80.10.
func TestRecordedHostAddress(t *testing.T) {
	t.Parallel()
	h := newHost()
	h.network = netip.MustParseAddr("172.16.80.10")
	require.Empty(t, h.docker(t, "run web -p 8080:80 -P multip"))
	require.Equal(t, "172.16.80.10:32768->53/udp, 172.16.80.10:32773->53/tcp, 172.16.80.10:8080->80/tcp, 172.16.80.10:32772->443/tcp, 172.16.80.10:32771->8002/tcp, 172.16.80.10:32770->8003/tcp, 172.16.80.10:32769->8004/tcp, 172.16.80.10:32768->9000/tcp",
		Column(images["multip"], h.running["web"]))
}

func TestRecordedConflicts(t *testing.T) {
	t.Parallel()
	const (
		allocated = "Bind for 0.0.0.0:8080 failed: port is already allocated"
		inUse     = "listen tcp4 0.0.0.0:8080: bind: address already in use"
	)
	h := newHost()
	process := Binding{Port{0, TCP}, netip.IPv4Unspecified(), 8080}
	for _, step := range []struct{ command, err string }{
		{"run a1 -p 8080:80 nginx", ""},
		{"run a2 -p 8080:80 nginx", allocated},
		{"run a3 -p 127.0.0.1:8080:80 nginx",
			"listen tcp4 127.0.0.1:8080: bind: address already in use"},
		{"run a4 -p 8080:80/udp multi", ""},
		{"stop a1", ""},
		{"run a5 -p 8080:80 nginx", ""},
		{"run a1 -p 8080:80 nginx", allocated},
		{"stop a1 a4 a5", ""},
		{"run b1 -p 127.0.0.1:8080:80 nginx", ""},
		{"run b2 -p 172.16.80.10:8080:80 nginx", ""},
		{"run b3 -p 8080:80 nginx", inUse},
		{"stop b1 b2 b3", ""},
		{"", ""}, // a process of the host listens
		{"run h1 -p 8080:80 nginx", inUse},
		{"", ""}, // it ends
		{"run h1 -p 8080:80 nginx", ""},
	} {
		if step.command == "" {
			h.process(process)
			continue
		}
		require.Equal(t, step.err, h.docker(t, step.command), step.command)
	}
}
