package slirp

import (
	"context"
	"io"
	"sync"
)

// A stream is a TCP connection, of the machine or of the outside.
type stream interface {
	io.ReadWriteCloser
	CloseWrite() error
	SetLinger(sec int) error
}

// reset closes a stream so that its peer gets a reset.
func reset(s stream) {
	s.SetLinger(0)
	s.Close()
}

// relay makes one connection of two: each direction is copied until it ends and its
// end passed on by CloseWrite, and both are closed when both directions have ended.
// If either is reset or fails, or ctx is done, both are reset.
func relay(ctx context.Context, a, b stream) {
	cut := sync.OnceFunc(func() {
		reset(a)
		reset(b)
	})
	stop := context.AfterFunc(ctx, cut)
	pass := func(to, from stream) {
		if copyStream(to, from) != nil || to.CloseWrite() != nil {
			cut()
		}
	}
	var back sync.WaitGroup
	back.Go(func() { pass(a, b) })
	pass(b, a)
	back.Wait()
	if !stop() {
		cut() // waits for it
	}
	a.Close()
	b.Close()
}

// bufferSize holds a super-segment. Half and four times as much made no difference
// that could be measured.
const bufferSize = 64 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// copyStream is io.Copy with large buffers that are used again.
func copyStream(to io.Writer, from io.Reader) error {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for {
		n, err := from.Read(buf[:])
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
