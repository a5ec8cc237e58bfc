package nat

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseRule(t *testing.T) {
	t.Parallel()
	v4 := func(s string) Network {
		p := netip.MustParsePrefix(s)
		return Network{Addr: p.Addr(), Mask: onesMask(false, p.Bits())}
	}
	for _, tt := range []struct {
		spec  string
		chain Chain
		want  Rule
		text  string // "" for spec behind its chain
	}{
		{spec: "-A POSTROUTING -t nat -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE", chain: "nat/POSTROUTING",
			want: Rule{Src: v4("172.17.0.0/16"), Out: Interface{"docker0", true}, Target: Masquerade{}},
			text: "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"},
		{spec: "-s 172.16.80.47 -d 172.17.0.5 -p TCP --dport 80 -j DROP",
			want: Rule{Src: v4("172.16.80.47/32"), Dst: v4("172.17.0.5/32"), Proto: Protocol{Number: 6},
				Matches: []Match{TCP{Dst: PortRange{80, 80, true, false}}}, Target: Drop{}},
			text: "-s 172.16.80.47/32 -d 172.17.0.5/32 -p tcp -m tcp --dport 80 -j DROP"},
		{spec: "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
			want: Rule{Matches: []Match{Conntrack{States: StateRelated | StateEstablished}}, Target: Accept{}}},
		{spec: "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
			want: Rule{Dst: Network{netip.MustParseAddr("127.0.0.0"), netip.MustParseAddr("255.0.0.0"), true},
				Matches: []Match{AddrType{Dst: AddrLocal}}, Target: Jump{"DOCKER"}}},
		{spec: "-p tcp --syn -m limit --limit 120/min -j LOG --log-prefix \"in: \"",
			want: Rule{Proto: Protocol{Number: 6}, Matches: []Match{TCP{Flags: TCPFlags{Mask: 0x17, Set: 2}}, Limit{2, PerSecond, 5}},
				Target: Log{Level: 4, Prefix: "in: "}},
			text: "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m limit --limit 2/sec -j LOG --log-prefix \"in: \""},
		{spec: "-p icmp -m icmp --icmp-type 3/4 -g SLOW", want: Rule{Proto: Protocol{Number: 1},
			Matches: []Match{ICMP{Type: 3, MinCode: 4, MaxCode: 4}}, Target: Goto{"SLOW"}}},
		{spec: "-p icmp -m icmp --icmp-type 3/0:1", want: Rule{Proto: Protocol{Number: 1},
			Matches: []Match{ICMP{Type: 3, MaxCode: 1}}}},
		{spec: "-s fe80::1/128 -j REJECT --reject-with icmp6-adm-prohibited", // of IPv6 without saying so
			want: Rule{Src: Network{netip.MustParseAddr("fe80::1"), onesMask(true, 128), false}, Target: Reject{ICMP6AdminProhibited}}},
		{spec: "-6 -j REJECT", want: Rule{Target: Reject{ICMP6PortUnreachable}}, text: "-j REJECT --reject-with icmp6-port-unreachable"},
		{spec: "", want: Rule{}},
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
		"-j LOG --log-prefix \"without": "nat: a quote is not closed",
	} {
		_, _, err := ParseRule(spec)
		assert.EqualError(t, err, want, spec)
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "anywhere", Network{}.String())
	assert.Equal(t, "*", Interface{}.String())
	assert.Equal(t, "all", Protocol{}.String())
	assert.Equal(t, "! docker+", Interface{"docker+", true}.String())
	assert.Equal(t, "! ipv6-icmp", Protocol{58, true}.String())
	assert.Equal(t, "200", Protocol{Number: 200}.String())
	assert.Equal(t, "! 10.0.3.0/255.0.255.0",
		Network{netip.MustParseAddr("10.0.3.0"), netip.MustParseAddr("255.0.255.0"), true}.String())
	assert.Equal(t, "-j REJECT", Rule{Target: Reject{}}.String(), "without a family")
}

// Rates go through the kernel's ticks, and what comes out must go through unchanged.
func TestRoundRate(t *testing.T) {
	t.Parallel()
	for _, unit := range []LimitUnit{PerSecond, PerMinute, PerHour, PerDay} {
		for count := uint32(1); count <= min(uint32(unit)*limitScale, 100_000); count++ {
			c, u := roundRate(count, unit)
			if c2, u2 := roundRate(c, u); c2 != c || u2 != u || c == 0 {
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
		words, err := splitWords(line)
		require.NoError(t, err, line)
		c, r, err := parseRule(g.v6, words[1:])
		require.NoError(t, err, line)
		comesBack(t, g.v6, c, r)
	}
}

func comesBack(t testing.TB, v6 bool, c Chain, r Rule) {
	t.Helper()
	words, err := splitWords(r.String())
	require.NoError(t, err, "%q", r.String())
	_, again, err := parseRule(v6, words)
	require.NoError(t, err, "%q", r.String())
	require.Equal(t, r, again, "%s %q", c, r.String())
}

func FuzzParseRule(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(lineMaker{rand.New(rand.NewPCG(seed, 2)), false}.rule("filter", "FORWARD"), false)
		f.Add(lineMaker{rand.New(rand.NewPCG(seed, 3)), true}.rule("nat", "OUTPUT"), true)
	}
	f.Fuzz(func(t *testing.T, spec string, v6 bool) {
		words, err := splitWords(spec)
		if err != nil {
			return
		}
		c, r, err := parseRule(v6, words)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		comesBack(t, v6, c, r)
		for _, m := range r.Matches {
			m.list(true)
		}
	})
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                     nil,
		" -A\tINPUT  -j X ":    {"-A", "INPUT", "-j", "X"},
		`--comment "a b" -j`:   {"--comment", "a b", "-j"},
		`--comment "" -j`:      {"--comment", "", "-j"},
		`"a\"b\\c\d"`:          {`a"b\cd`},
		`"a"b`:                 {"a", "b"},
		`a"b c"d`:              {"ab c", "d"},
		`a\b 'c d'`:            {`a\b`, "'c", "d'"},
		"-A INPUT -j ACCEPT\r": {"-A", "INPUT", "-j", "ACCEPT"},
	} {
		got, err := splitWords(line)
		require.NoError(t, err)
		assert.Equal(t, want, got, line)
	}
	_, err := splitWords(`"open`)
	assert.ErrorIs(t, err, errQuote)
}
