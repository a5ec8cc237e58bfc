package slirp

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// A source is the randomness of the outside. It is safe for concurrent use.
type source struct {
	mu  sync.Mutex // guards rng
	rng *rand.ChaCha8
}

func newSource(seed uint64) *source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &source{rng: rand.NewChaCha8(key)}
}

// Int63 implements math/rand.Source, which gVisor wants.
func (s *source) Int63() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(s.rng.Uint64() >> 1)
}

// Seed implements math/rand.Source. A source keeps the seed it was made with.
func (*source) Seed(int64) {}

// Read implements io.Reader.
func (s *source) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.Read(b)
}
