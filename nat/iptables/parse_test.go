package iptables

import (
	"drydock/nat"
	"drydock/nat/internal/words"
	"reflect"

	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseRule(t *testing.T) {
	t.Parallel()
	v4 := func(s string) nat.Network {
		p := netip.MustParsePrefix(s)
		return nat.Network{Addr: p.Addr(), Mask: onesMask(false, p.Bits())}
	}
	for _, tt := range []struct {
		spec  string
		chain nat.Chain
		want  nat.Rule
		text  string // "" for spec behind its chain
	}{
		{spec: "-A POSTROUTING -t nat -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE", chain: "nat/POSTROUTING",
			want: nat.Rule{Src: v4("172.17.0.0/16"), Out: nat.Interface{Name: "docker0", Not: true}, Target: nat.Masquerade{}},
			text: "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"},
		{spec: "-s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP",
			want: nat.Rule{Src: v4("172.16.80.47/32"), Dst: v4("172.17.0.5/32"), Proto: nat.Protocol{Number: 6},
				Matches: []nat.Match{nat.TCP{Dst: nat.PortRange{Lo: 80, Hi: 80, Set: true}}}, Target: nat.Drop{}},
			text: "-s 172.16.80.47/32 -d 172.17.0.5/32 -p tcp -m tcp --dport 80 -j DROP"},
		{spec: "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
			want: nat.Rule{Matches: []nat.Match{nat.Conntrack{States: nat.StateRelated | nat.StateEstablished}}, Target: nat.Accept{}}},
		{spec: "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
			want: nat.Rule{Dst: nat.Network{Addr: netip.MustParseAddr("127.0.0.0"), Mask: netip.MustParseAddr("255.0.0.0"), Not: true},
				Matches: []nat.Match{nat.AddrType{Dst: nat.AddrLocal}}, Target: nat.Jump{Chain: "DOCKER"}}},
		{spec: "-p tcp --syn -m limit --limit 120/min -j LOG --log-prefix \"in: \"",
			want: nat.Rule{Proto: nat.Protocol{Number: 6}, Matches: []nat.Match{nat.TCP{Flags: nat.TCPFlags{Mask: 0x17, Set: 2}}, nat.Limit{Count: 2, Unit: nat.PerSecond, Burst: 5}},
				Target: nat.Log{Level: 4, Prefix: "in: "}},
			text: "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m limit --limit 2/sec -j LOG --log-prefix \"in: \""},
		{spec: "-p icmp -m icmp --icmp-type 3/4 -g SLOW", want: nat.Rule{Proto: nat.Protocol{Number: 1},
			Matches: []nat.Match{nat.ICMP{Type: 3, MinCode: 4, MaxCode: 4}}, Target: nat.Goto{Chain: "SLOW"}}},
		{spec: "-p icmp -m icmp --icmp-type 3/0:1", want: nat.Rule{Proto: nat.Protocol{Number: 1},
			Matches: []nat.Match{nat.ICMP{Type: 3, MaxCode: 1}}}},
		{spec: "-s fe80::1/128 -j REJECT --reject-with icmp6-adm-prohibited", // of IPv6 without saying so
			want: nat.Rule{Src: nat.Network{Addr: netip.MustParseAddr("fe80::1"), Mask: onesMask(true, 128), Not: false}, Target: nat.Reject{With: nat.ICMP6AdminProhibited}}},
		{spec: "-6 -j REJECT", want: nat.Rule{Target: nat.Reject{With: nat.ICMP6PortUnreachable}}, text: "-j REJECT --reject-with icmp6-port-unreachable"},
		{spec: "", want: nat.Rule{}},
	} {
		chain, r, err := ParseRule(tt.spec)
		require.NoError(t, err, tt.spec)
		assert.Equal(t, tt.chain, chain, tt.spec)
		assert.Equal(t, tt.want, r, tt.spec)
		if tt.text == "" {
			tt.text = tt.spec
		}
		assert.Equal(t, tt.text, r.String())
	}
}

func TestParseRuleRefuses(t *testing.T) {
	t.Parallel()
	const help = "\nTry `iptables -h' or 'iptables --help' for more information."
	for spec, want := range map[string]string{
		"-s 1.2.3.4,5.6.7.8":            "iptables v1.8.9 (nf_tables): not one rule" + help,
		"-D INPUT 1":                    "iptables v1.8.9 (nf_tables): not one rule" + help,
		"--dport 80":                    "iptables v1.8.9 (nf_tables): unknown option \"--dport\"" + help,
		"-j LOG --log-prefix \"without": "iptables v1.8.9 (nf_tables): a quote is not closed" + help,
	} {
		_, _, err := ParseRule(spec)
		assert.EqualError(t, err, want, spec)
	}
}

// Rates go through the kernel's ticks, and what comes out must go through unchanged.
func TestRoundRate(t *testing.T) {
	t.Parallel()
	for _, unit := range []nat.LimitUnit{nat.PerSecond, nat.PerMinute, nat.PerHour, nat.PerDay} {
		for count := uint32(1); count <= min(uint32(unit)*limitScale, 100_000); count++ {
			c, u := roundRate(limitScale, count, unit)
			if c2, u2 := roundRate(limitScale, c, u); c2 != c || u2 != u || c == 0 {
				t.Fatalf("%d/%s becomes %d/%s and then %d/%s", count, unit, c, u, c2, u2)
			}
		}
	}
}

// A rule that was parsed prints as one that parses to itself.
func TestRulesComeBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5000) {
		g := lineMaker{rand.New(rand.NewPCG(seed, 1)), seed%2 == 1}
		line := g.line()
		args, err := words.Split(line)
		require.NoError(t, err, line)
		c, r, err := parseRule(g.v6, args[1:])
		require.NoError(t, err, line)
		comesBack(t, g.v6, c, r)
	}
}

func comesBack(t testing.TB, v6 bool, c nat.Chain, r nat.Rule) {
	t.Helper()
	args, err := words.Split(r.String())
	require.NoError(t, err, "%q", r.String())
	_, again, err := parseRule(v6, args)
	require.NoError(t, err, "%q", r.String())
	for i, m := range r.Matches { // of any type nothing shows the codes but -L
		if m, ok := m.(nat.ICMP); ok && m.Any {
			m.MinCode, m.MaxCode = 0, 255
			r.Matches[i] = m
		}
	}
	require.Equal(t, r, again, "%s %q", c, r.String())
}

func FuzzParseRule(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(lineMaker{rand.New(rand.NewPCG(seed, 2)), false}.rule("filter", "FORWARD"), false)
		f.Add(lineMaker{rand.New(rand.NewPCG(seed, 3)), true}.rule("nat", "OUTPUT"), true)
	}
	f.Fuzz(func(t *testing.T, spec string, v6 bool) {
		args, err := words.Split(spec)
		if err != nil {
			return
		}
		c, r, err := parseRule(v6, args)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		comesBack(t, v6, c, r)
		for _, m := range r.Matches {
			matchLists[reflect.TypeOf(m)](m, column{numeric: true})
		}
	})
}
