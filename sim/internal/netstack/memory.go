package netstack

import "sync/atomic"

const (
	// defaultMemory is for all connections of a machine. Linux's net.ipv4.tcp_mem is about
	// an eighth of the memory, which is this for 8 GiB.
	defaultMemory = 1 << 30

	leastBuffer = 64 << 10 // of a connection when nothing is left
	mostBuffer  = 8 << 20  // to which gVisor lets buffers grow
)

// A Memory bounds what the TCP connections of all stacks that share it have in their
// buffers, as net.ipv4.tcp_mem does. Without it each reader that is stuck would cost twice
// 8 MiB. The zero Memory has 1 GiB.
//
// It does not count bytes, which would cost each segment, but what buffers may hold: a
// connection gets a 64th of what is left for each of its two. While half is left that is all
// that a buffer can use, so that the first 32 connections notice nothing.
type Memory struct {
	limit int64 // 0: defaultMemory
	used  atomic.Int64
}

// take returns how large each of the two buffers of a connection may be. With leastBuffer
// for each the limit may be exceeded.
func (m *Memory) take() int64 {
	limit := m.limit
	if limit == 0 {
		limit = defaultMemory
	}
	size := min(max((limit-m.used.Load())/64, leastBuffer), mostBuffer)
	m.used.Add(2 * size)
	return size
}

// give gives back what take returned.
func (m *Memory) give(size int64) { m.used.Add(-2 * size) }
