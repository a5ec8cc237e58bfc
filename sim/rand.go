package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"strconv"
	"sync"
)

// A generator makes the random names and numbers of a host. Each kind has a
// stream of its own, so that one does not shift the draws of another.
type generator struct {
	seed uint64

	mu      sync.Mutex
	streams map[string]*rand.ChaCha8 // +checklocks:mu
}

func newGenerator(seed uint64) *generator {
	return &generator{seed: seed, streams: make(map[string]*rand.ChaCha8)}
}

// key derives what is random but fixed about a named thing. It does not depend on what was
// drawn before: a container has the same losses whether others were made before it or not.
func (g *generator) key(name string) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte(name+"\x00"), g.seed))
}

// seedOf derives a seed for a named thing, like the stack of a container.
func (g *generator) seedOf(name string) uint64 {
	k := g.key(name)
	return binary.BigEndian.Uint64(k[:])
}

// A stream is one of a generator's. It does not fail to read.
type stream struct {
	of   *generator
	name string
}

func (g *generator) stream(name string) io.Reader { return stream{g, name} }

func (s stream) Read(b []byte) (int, error) {
	s.of.read(s.name, b)
	return len(b), nil
}

func (g *generator) read(stream string, b []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.streams[stream]
	if s == nil {
		s = rand.NewChaCha8(g.key(stream))
		g.streams[stream] = s
	}
	s.Read(b)
}

// number returns a number from 0 up to n.
func (g *generator) number(stream string, n int) int {
	var b [8]byte
	g.read(stream, b[:])
	return int(binary.BigEndian.Uint64(b[:]) % uint64(n))
}

// shuffle gives n things an order.
func (g *generator) shuffle(stream string, n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, g.number(stream, i+1))
	}
}

// id returns 64 hex digits of which the first twelve, Docker's short id and the
// hostname, are not a decimal number, as Docker takes care of.
func (g *generator) id(stream string) string {
	for {
		var b [32]byte
		g.read(stream, b[:])
		id := hex.EncodeToString(b[:])
		if _, err := strconv.ParseUint(id[:12], 10, 64); err != nil {
			return id
		}
	}
}
