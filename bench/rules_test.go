package bench

import (
	"fmt"
	"slices"
	"testing"

	"drydock/nat"
	"drydock/nat/conntrack"
	"drydock/nat/iptables"
	"drydock/nat/nftables"

	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// BenchmarkForwardRules sends frames of an established connection from cable to cable
// through a bridge whose filter has rules that do not match before the one that
// accepts. Mpps counts deliveries, on one core as in Forward.
func BenchmarkForwardRules(b *testing.B) {
	const docker = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
	for _, size := range []int{64, 64 << 10} {
		for _, n := range []int{0, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/rules=%d", sizeName(size), n), func(b *testing.B) {
				forwardRules(b, size, append(otherRules(n), "-A FORWARD -j ACCEPT"), n)
			})
		}
		b.Run(sizeName(size)+"/ctstate/rules=1000", func(b *testing.B) {
			rules := append([]string{docker}, otherRules(1000)...)
			forwardRules(b, size, append(rules, "-A FORWARD -j ACCEPT"), 0)
		})
		// Docker 28 and later have such a rule for each container.
		b.Run(sizeName(size)+"/raw/rules=1000", func(b *testing.B) {
			forwardRules(b, size, []string{"-A FORWARD -j ACCEPT"}, 0, guards(1000)...)
		})
		for _, n := range []int{0, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/nftables/rules=%d", sizeName(size), n), func(b *testing.B) { forwardNft(b, size, n) })
		}
	}
}

// forwardNft measures the same frames with the same number of rules of nftables.
func forwardNft(b *testing.B, size, rules int) {
	tables := nat.New()
	require.NoError(b, tables.Nft().Edit(func(tx *nat.NftEdit) error {
		lines := []string{"add table t", "add chain t c { type filter hook forward priority filter; policy drop; }"}
		for i := range rules {
			lines = append(lines, fmt.Sprintf("add rule t c ip daddr %v tcp dport %d counter drop", receiverAddr.Addr(), 8000+i))
		}
		for _, line := range append(lines, "add rule t c counter accept") {
			if err := nftables.Do(tx, line, ""); err != nil {
				return err
			}
		}
		return nil
	}))
	l := newLAN(b, filteredLAN(tables), 2)
	tables.Forget(func(conntrack.Entry) bool { return true })
	l.handshake(b)
	before := accepted(tables)
	l.forward(b, l.unicast(size), 1)
	require.EqualValues(b, l.received.Load(), accepted(tables)-before)
}

// accepted returns what the last rule of forwardNft has counted.
func accepted(tables *nat.Tables) (n uint64) {
	for r := range tables.Nft().View().Rules(nat.FamilyIP, "t", "c") {
		n = r.Statements[len(r.Statements)-2].(*nat.Count).Counters().Packets
	}
	return n
}

// guards returns rules of table raw for other containers.
func guards(n int) (rules []string) {
	for i := range n {
		rules = append(rules, fmt.Sprintf("-A PREROUTING -d 172.30.%d.%d ! -i docker0 -j DROP", i/250, i%250+2))
	}
	return rules
}

// otherRules returns rules that match the connection but for its port, which is what
// they look at last.
func otherRules(n int) (rules []string) {
	for i := range n {
		rules = append(rules, fmt.Sprintf("-A FORWARD -d %v -p tcp -m tcp --dport %d -j DROP", receiverAddr.Addr(), 8000+i))
	}
	return rules
}

// forwardRules measures frames that the rule of that index accepts, with rules of table raw before
// them.
func forwardRules(b *testing.B, size int, rules []string, accepts int, raw ...string) {
	tables := nat.New()
	const chain = nat.Chain("filter/FORWARD")
	for chain, texts := range map[nat.Chain][]string{chain: rules, nat.RawPrerouting: raw} {
		var parsed []nat.Rule
		for _, text := range texts {
			_, rule, err := iptables.ParseRule(text)
			require.NoError(b, err, text)
			parsed = append(parsed, rule)
		}
		require.NoError(b, tables.IPv4().Append(chain, parsed...))
	}
	require.NoError(b, tables.IPv4().SetPolicy(chain, nat.Drop{}))

	l := newLAN(b, filteredLAN(tables), 2)
	tables.Forget(func(conntrack.Entry) bool { return true }) // what the frames that taught the bridge began
	l.handshake(b)
	conns := slices.Collect(tables.Conns())
	require.Len(b, conns, 1)
	require.Equal(b, conntrack.Established, conns[0].State)
	require.NoError(b, tables.IPv4().Zero(chain))
	l.forward(b, l.unicast(size), 1)
	at := 0
	for rule, counters := range tables.IPv4().Rules(chain) {
		want := int64(0)
		if at == accepts {
			want = l.received.Load()
		}
		require.EqualValues(b, want, counters.Packets, "%d: %v", at, rule)
		at++
	}
}

// handshake begins the connection whose segments newFrame returns.
func (l *lan) handshake(b *testing.B) {
	a, c := l.far[0].LinkAddress(), l.far[1].LinkAddress()
	l.write(b, 0, newSegment(a, c, senderAddr, receiverAddr, header.TCPFlagSyn, 64))
	l.await(1)
	l.write(b, 1, newSegment(c, a, receiverAddr, senderAddr, header.TCPFlagSyn|header.TCPFlagAck, 64))
	l.await(2)
	l.write(b, 0, newSegment(a, c, senderAddr, receiverAddr, header.TCPFlagAck, 64))
	l.await(3)
	l.received.Store(0)
}
