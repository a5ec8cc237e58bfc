package dockerd

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// A stream is a connection that was taken over from HTTP.
type stream struct {
	net.Conn
	in   io.Reader       // what the client sends
	gone <-chan struct{} // closed when a connection in memory is; nil of others, whose end only reads and writes tell
}

// takeOver answers that the connection is a stream from here on. The headers that the
// answer has are only those of the stream itself if bare.
func (c *call) takeOver(bare bool) (*stream, error) {
	// What the client sent of a body is not the stream's.
	if _, err := io.Copy(io.Discard, c.r.Body); err != nil {
		return nil, err
	}
	s, err := c.hijack()
	if err != nil {
		return nil, err
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
	if c.r.Header["Upgrade"] != nil {
		head = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
	}
	if _, err := io.WriteString(s, head); err != nil {
		return s, nil // reading finds that out
	}
	if !bare {
		c.w.Header().Write(s)
	}
	io.WriteString(s, "\r\n")
	return s, nil
}

func (c *call) hijack() (*stream, error) {
	hijacker, ok := c.w.(http.Hijacker)
	if !ok {
		return nil, badRequest(fmt.Sprintf("error attaching to container %s, hijack connection missing", c.name))
	}
	conn, rw, err := hijacker.Hijack()
	if err != nil {
		return nil, err
	}
	s := &stream{Conn: conn, in: conn}
	if rw.Reader.Buffered() > 0 {
		s.in = rw.Reader
	}
	if memory, ok := conn.(*memoryConn); ok {
		s.gone = memory.gone
	}
	return s, nil
}
