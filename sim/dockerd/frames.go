package dockerd

import (
	"encoding/binary"
	"io"
	"sync"
)

// The streams of a multiplexed connection.
const (
	stdout = 1
	stderr = 2
)

// A framer writes several streams to one connection, as Docker's package stdcopy reads
// them: each piece has a header of 8 bytes, the stream and the length.
type framer struct {
	mu sync.Mutex
	w  io.Writer // +checklocks:mu
}

// stream returns what writes one stream.
func (f *framer) stream(number byte) io.Writer { return frames{f, number} }

type frames struct {
	*framer
	number byte
}

func (f frames) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	frame := make([]byte, 8, 8+len(b))
	frame[0] = f.number
	binary.BigEndian.PutUint32(frame[4:], uint32(len(b)))
	if _, err := f.w.Write(append(frame, b...)); err != nil {
		return 0, err
	}
	return len(b), nil
}
