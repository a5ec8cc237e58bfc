package nat

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkTraverse is a packet that passes FORWARD of filter with rules that do not
// match, as a host with many published ports has them, and then the policy.
func BenchmarkTraverse(b *testing.B) {
	kinds := map[string]func(i int) Rule{
		"published": func(i int) Rule {
			return Rule{
				Dst: hostOf(netip.AddrFrom4([4]byte{172, 17, byte(i >> 8), byte(i)})),
				In:  Interface{Name: "docker0", Not: true}, Out: Interface{Name: "docker0"},
				Proto: Protocol{Number: ianaTCP}, Matches: []Match{TCP{Dst: onePort(80)}}, Target: Accept{},
			}
		},
		"port": func(i int) Rule {
			return Rule{Proto: Protocol{Number: ianaTCP}, Matches: []Match{TCP{Dst: onePort(uint16(i))}}, Target: Accept{}}
		},
		"interface": func(i int) Rule {
			return Rule{In: Interface{Name: fmt.Sprintf("br-%012x", i)}, Target: Accept{}}
		},
		"state": func(int) Rule {
			return Rule{Matches: []Match{Conntrack{States: StateInvalid}}, Target: Drop{}}
		},
	}
	for _, kind := range []string{"published", "port", "interface", "state"} {
		for _, n := range []int{0, 10, 100, 1000, 100_000} {
			if n == 100_000 && kind == "state" {
				continue // whose rules are all alike
			}
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				t := New()
				rules := make([]Rule, n)
				for i := range rules {
					rules[i] = kinds[kind](i)
				}
				require.NoError(b, t.v4.Append(FilterForward, rules...))
				require.NoError(b, t.v4.SetPolicy(FilterForward, Accept{}))
				p := samplePacket(t)
				b.ReportAllocs()
				for b.Loop() {
					if t.v4.traverse(filterTable, p) != accept {
						b.Fatal("dropped")
					}
				}
			})
		}
	}
}

// BenchmarkAppend is a rule more in a chain of 1000.
func BenchmarkAppend(b *testing.B) {
	rs := New().v4
	r := Rule{Src: hostOf(netip.MustParseAddr("10.0.0.1")), Target: Drop{}}
	for range 1000 {
		require.NoError(b, rs.Append(FilterForward, r))
	}
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, rs.Append(FilterForward, r))
	}
}

// BenchmarkHas looks for the last of 4,000 rules.
func BenchmarkHas(b *testing.B) {
	rs := New().v4
	var last Rule
	for i := range 4000 {
		last = Rule{Proto: Protocol{Number: ianaTCP}, Matches: []Match{TCP{Dst: onePort(uint16(i))}}, Target: Drop{}}
		require.NoError(b, rs.Append(FilterForward, last))
	}
	b.ReportAllocs()
	for b.Loop() {
		if has, err := rs.Has(FilterForward, last); err != nil || !has {
			b.Fatal(has, err)
		}
	}
}

// BenchmarkInsert is a rule more at the head of a chain of so many, and one less in its middle.
func BenchmarkInsert(b *testing.B) {
	for _, n := range []int{100, 1000, 4000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rs := New().v4
			r := Rule{Src: hostOf(netip.MustParseAddr("10.0.0.1")), Target: Drop{}}
			require.NoError(b, rs.Append(FilterForward, slices.Repeat([]Rule{r}, n)...))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, rs.Insert(FilterForward, 1, r))
				require.NoError(b, rs.DeleteAt(FilterForward, n/2))
			}
		})
	}
}
