package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// A generator makes the random names and numbers of a host. Each kind has a
// stream of its own, so that one does not shift the draws of another.
type generator struct {
	seed uint64

	mu      sync.Mutex // guards streams
	streams map[string]*rand.ChaCha8
}

func newGenerator(seed uint64) *generator {
	return &generator{seed: seed, streams: make(map[string]*rand.ChaCha8)}
}

// key derives what is random but fixed about a named thing.
func (g *generator) key(name string) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte(name+"\x00"), g.seed))
}

// seedOf derives a seed for a named thing, like the stack of a container.
func (g *generator) seedOf(name string) uint64 {
	k := g.key(name)
	return binary.BigEndian.Uint64(k[:])
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

// vethName returns the name of the host's side of a cable: veth and 7 hex digits.
func (g *generator) vethName() string {
	var b [4]byte
	g.read("veth name", b[:])
	return fmt.Sprintf("veth%07x", binary.BigEndian.Uint32(b[:])>>4)
}

// bridgeMAC returns the address of a bridge: 02:42 and four random bytes.
func (g *generator) bridgeMAC() net.HardwareAddr {
	mac := net.HardwareAddr{0x02, 0x42, 0, 0, 0, 0}
	g.read("bridge mac", mac[2:])
	return mac
}
