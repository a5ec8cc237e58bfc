package dnsd

import "sync/atomic"

// golden is 2⁶⁴ divided by the golden ratio, the step of splitmix64.
const golden = 0x9e3779b97f4a7c15

// A source is a stream of random numbers that follows from its seed. It takes no
// lock, so that answering does not either.
type source struct {
	seed  uint64
	drawn atomic.Uint64
}

func (s *source) next() uint64 { return mix(s.seed + s.drawn.Add(1)*golden) }

// mix is the output function of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// pick returns n elements of list in one of all possible orders.
func pick[T any](list []T, n int, random uint64) []T {
	picked := append([]T(nil), list...)
	for i := range n {
		random += golden
		j := i + int(mix(random)%uint64(len(picked)-i))
		picked[i], picked[j] = picked[j], picked[i]
	}
	return picked[:n]
}
