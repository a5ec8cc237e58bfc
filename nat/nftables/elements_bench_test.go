package nftables_test

import (
	"fmt"
	"testing"

	"drydock/nat"
	"drydock/nat/nftables"

	"github.com/stretchr/testify/require"
)

// BenchmarkAddElement adds elements to a set one by one, each in an edit of its own.
func BenchmarkAddElement(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				tables := nat.New()
				do := func(format string, args ...any) {
					require.NoError(b, tables.Nft().Edit(func(tx *nat.NftEdit) error {
						return nftables.Do(tx, fmt.Sprintf(format, args...), "")
					}))
				}
				do("add table t")
				do("add set t s { type ipv4_addr; }")
				for i := range n {
					do("add element t s { 10.0.%d.%d }", i>>8, i&255)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/element")
		})
	}
}
