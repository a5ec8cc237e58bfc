package nftables

import (
	"testing"

	"drydock/nat"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHas finds rules of all kinds again, and no others, and takes them away.
func TestHas(t *testing.T) {
	t.Parallel()
	tables := nat.New().Nft()
	require.NoError(t, Apply(tables, "f", `table ip t {
	map m { type ipv4_addr : ipv4_addr . inet_service; }
	chain c { type filter hook input priority 0; }
	chain n { type nat hook prerouting priority 0; }
}
`))
	rules := []string{
		"c counter", "c counter drop", "c counter packets 5 bytes 9 accept comment \"x\"", "c limit rate 3/second", "c limit rate 3/second burst 9 packets",
		"c quota 5 mbytes", "c quota over 5 mbytes", "c tcp dport { 1, 2 }", "c tcp dport { 1, 3 }", "c tcp dport != { 1, 2 }", "c tcp dport 1-2",
		"c tcp dport vmap { 1 : accept, 2 : drop }", "c tcp dport vmap { 1 : accept, 2 : accept }", "c reject", "c log prefix \"x\"",
		"n tcp dport 1 dnat to 10.0.0.1:80", "n tcp dport 1 dnat to 10.0.0.1:81", "n tcp dport 1 dnat to ip daddr map @m",
		"n tcp dport 1 dnat to ip daddr map { 1.1.1.1 : 2.2.2.2 . 80 }", "n tcp dport 1 redirect to :5",
	}
	for i, r := range rules {
		require.NoError(t, tables.Edit(func(tx *nat.NftEdit) error {
			assert.False(t, Has(tx, "add rule ip t "+r), r)
			return Do(tx, "add rule ip t "+r, "")
		}))
		for _, before := range rules[:i+1] {
			assert.True(t, Has(tables.View(), "add rule ip t "+before), before)
		}
	}
	for i, r := range rules {
		require.NoError(t, tables.Edit(func(tx *nat.NftEdit) error { return Undo(tx, "add rule ip t "+r) }), r)
		for k, other := range rules {
			assert.Equal(t, k > i, Has(tables.View(), "add rule ip t "+other), other)
		}
	}
}
