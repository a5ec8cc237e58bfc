// Package random is the repeatable randomness of a gVisor stack: initial sequence
// numbers, ephemeral ports, timer jitter.
package random

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// A Source is a stack's RandSource and SecureRNG: a math/rand.Source64 and an
// io.Reader. It is safe for concurrent use.
type Source struct {
	mu  sync.Mutex // guards rng
	rng *rand.ChaCha8
}

// NewSource returns a source that gives the same numbers for the same seed.
func NewSource(seed uint64) *Source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &Source{rng: rand.NewChaCha8(key)}
}

// Int63 implements math/rand.Source.
func (s *Source) Int63() int64 { return int64(s.Uint64() >> 1) }

// Seed implements math/rand.Source. It does nothing: a source keeps the seed that it
// was made with.
func (*Source) Seed(int64) {}

// Uint64 implements math/rand.Source64.
func (s *Source) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.Uint64()
}

// Read implements io.Reader. It fills b.
func (s *Source) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.Read(b)
}
