package ports

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	pub := func(addr string, first, last, number uint16, proto Proto) Publication {
		p := Publication{Port: Port{number, proto}, First: first, Last: last}
		if addr != "" {
			p.Addr = netip.MustParseAddr(addr)
		}
		return p
	}
	for _, test := range []struct {
		spec string
		want []Publication
	}{
		{"80", []Publication{pub("", 0, 0, 80, TCP)}},
		{":80", []Publication{pub("", 0, 0, 80, TCP)}},
		{"::80", []Publication{pub("", 0, 0, 80, TCP)}},
		{"0:80", []Publication{pub("", 0, 0, 80, TCP)}},
		{"0-0:80", []Publication{pub("", 0, 0, 80, TCP)}},
		{"8080:80", []Publication{pub("", 8080, 8080, 80, TCP)}},
		{"08080:080", []Publication{pub("", 8080, 8080, 80, TCP)}},
		{"8080:80/udp", []Publication{pub("", 8080, 8080, 80, UDP)}},
		{"8080:80/", []Publication{pub("", 8080, 8080, 80, TCP)}},
		{"8080:80/UDP/x", []Publication{pub("", 8080, 8080, 80, UDP)}},
		{"8080:80/Sctp", []Publication{pub("", 8080, 8080, 80, SCTP)}},
		{"127.0.0.1:8080:80", []Publication{pub("127.0.0.1", 8080, 8080, 80, TCP)}},
		{"127.0.0.1::80", []Publication{pub("127.0.0.1", 0, 0, 80, TCP)}},
		{"[127.0.0.1]:8080:80", []Publication{pub("127.0.0.1", 8080, 8080, 80, TCP)}},
		{"[]:8080:80", []Publication{pub("", 8080, 8080, 80, TCP)}},
		{"[::1]:8080:80", []Publication{pub("::1", 8080, 8080, 80, TCP)}},
		{"[::]::80", []Publication{pub("::", 0, 0, 80, TCP)}},
		{"[::ffff:10.0.0.1]:8080:80", []Publication{pub("10.0.0.1", 8080, 8080, 80, TCP)}},
		{"7000-7005:80", []Publication{pub("", 7000, 7005, 80, TCP)}},
		{"7000-7005-9:80-80", []Publication{pub("", 7000, 7005, 80, TCP)}},
		{"65534-65535", []Publication{pub("", 0, 0, 65534, TCP), pub("", 0, 0, 65535, TCP)}},
		{"0-1:80-81", []Publication{pub("", 0, 0, 80, TCP), pub("", 1, 1, 81, TCP)}},
		{"10.0.0.1:7000-7001:80-81/udp", []Publication{
			pub("10.0.0.1", 7000, 7000, 80, UDP), pub("10.0.0.1", 7001, 7001, 81, UDP)}},
	} {
		got, err := Parse(test.spec)
		require.NoError(t, err, test.spec)
		require.Equal(t, test.want, got, test.spec)
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		// Recorded.
		"70000:80":           "Invalid hostPort: 70000",
		"8080:70000":         "Invalid containerPort: 70000",
		"abc":                "Invalid containerPort: abc",
		"8080:abc":           "Invalid containerPort: abc",
		"8080:80:90":         "Invalid ip address: 8080",
		"1.2.3:80:80":        "Invalid ip address: 1.2.3",
		"300.1.1.1:80:80":    "Invalid ip address: 300.1.1.1",
		"host:80:80":         "Invalid ip address: host",
		"80:":                "No port specified: 80:<empty>",
		"8080:80/xyz":        "Invalid proto: xyz",
		"7000-7002:80-81":    "Invalid ranges specified for container and host Ports: 80-81 and 7000-7002",
		"7002-7000:80":       "Invalid hostPort: 7002-7000",
		"-1:80":              "Invalid hostPort: -1",
		"":                   "No port specified: <empty>",
		"8080:80-81":         "Invalid ranges specified for container and host Ports: 80-81 and 8080",
		"/tcp":               "No port specified: /tcp<empty>",
		"8080:80/XYZ":        "Invalid proto: XYZ",
		"80-":                "Invalid containerPort: 80-",
		"+80":                "Invalid containerPort: +80",
		" 80":                "Invalid containerPort:  80",
		"[::1%lo]:8080:80":   "Invalid ip address: ::1%lo",
		"::1:8080:80":        "Invalid ip address ::1: address ::1:: too many colons in address",
		"[::1]:80":           "Invalid ip address [:: address [::: missing ']' in address",
		"127.0.0.1:99999:x/": "Invalid containerPort: x",
	} {
		got, err := Parse(spec)
		var specErr *SpecError
		require.ErrorAs(t, err, &specErr, spec)
		require.Equal(t, spec, specErr.Spec)
		require.Equal(t, want, err.Error())
		require.Empty(t, got)
	}
}

func TestParseExposed(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]Port{
		"80":              {{80, TCP}},
		"80/":             {{80, TCP}},
		"53/UDP":          {{53, UDP}},
		"132/sctp":        {{132, SCTP}},
		"8000-8002":       {{8000, TCP}, {8001, TCP}, {8002, TCP}},
		"65534-65535/udp": {{65534, UDP}, {65535, UDP}},
	} {
		got, err := ParseExposed(spec)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for spec, want := range map[string]string{
		"8080:80":  "invalid port format for --expose: 8080:80",
		"":         "invalid range format for --expose: , error: Empty string specified for ports.",
		"/udp":     "invalid range format for --expose: /udp, error: Empty string specified for ports.",
		"abc":      `invalid range format for --expose: abc, error: strconv.ParseUint: parsing "abc": invalid syntax`,
		"70000":    `invalid range format for --expose: 70000, error: strconv.ParseUint: parsing "70000": value out of range`,
		"10-5/tcp": "invalid range format for --expose: 10-5/tcp, error: Invalid range specified for the Port: 10-5",
		"80/xyz":   "Invalid proto: xyz",
	} {
		_, err := ParseExposed(spec)
		var specErr *SpecError
		require.ErrorAs(t, err, &specErr)
		require.Equal(t, want, err.Error())
	}
}

func TestHostAddrs(t *testing.T) {
	t.Parallel()
	v4, v6 := netip.IPv4Unspecified(), netip.IPv6Unspecified()
	lan, ula := netip.MustParseAddr("172.16.80.10"), netip.MustParseAddr("fd00::1")
	for _, test := range []struct {
		addr, network netip.Addr
		want          []netip.Addr
	}{
		{netip.Addr{}, netip.Addr{}, []netip.Addr{v4, v6}},
		{netip.Addr{}, v4, []netip.Addr{v4, v6}},
		{netip.Addr{}, v6, []netip.Addr{v6}},
		{netip.Addr{}, lan, []netip.Addr{lan}},
		{netip.Addr{}, ula, []netip.Addr{ula}},
		{lan, ula, []netip.Addr{lan}},
		{v4, lan, []netip.Addr{v4}},
	} {
		require.Equal(t, test.want, Publication{Addr: test.addr}.HostAddrs(test.network))
	}
}

// FuzzParse checks that what parses prints, and is the same when parsed again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"80", "0:80", "127.0.0.1::80/udp", "[::1]:8080:80", "7000-7002:8002-8004/sctp", "7000-7005:80",
		"1-65535", "[::ffff:1.2.3.4]:0-5:0/", "::1:80:80", "[fe80::1%eth0]::1", "a:b:c:d/e/f",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		pubs, err := Parse(spec)
		if err != nil {
			require.Empty(t, pubs)
			require.True(t, errors.As(err, new(*SpecError)))
			return
		}
		require.NotEmpty(t, pubs)
		for i, p := range pubs {
			require.LessOrEqual(t, p.First, p.Last)
			require.Equal(t, int(pubs[0].Port.Number)+i, int(p.Port.Number))
			again, err := Parse(p.String())
			require.NoError(t, err, p.String())
			require.Equal(t, []Publication{p}, again)
			require.Equal(t, p.String(), again[0].String())
		}
	})
}

// FuzzParseExposed checks that each port that is named parses as itself.
func FuzzParseExposed(f *testing.F) {
	for _, s := range []string{"80", "53/udp", "8000-8010/UDP", "1-2-3/tcp/x", "10-5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		ports, err := ParseExposed(spec)
		if err != nil {
			return
		}
		require.False(t, strings.Contains(spec, ":"))
		require.NotEmpty(t, ports)
		for _, p := range []Port{ports[0], ports[len(ports)-1]} {
			again, err := ParseExposed(p.String())
			require.NoError(t, err)
			require.Equal(t, []Port{p}, again)
		}
	})
}
