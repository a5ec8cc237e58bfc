package dockerd

import (
	"fmt"
	"io"
	"net"
	"net/http"
)

// A stream is a connection that was taken over from HTTP. What is written to it waits for the
// answer.
type stream struct {
	net.Conn
	in       io.Reader       // what the client sends
	gone     <-chan struct{} // closed when a connection in memory is; nil of others, whose end only reads and writes tell
	answered chan struct{}
}

func (s *stream) Write(b []byte) (int, error) {
	<-s.answered
	return s.Conn.Write(b)
}

// takeOver takes the connection over. The client has to be answered.
func (c *call) takeOver() (*stream, error) {
	// What the client sent of a body is not the stream's.
	if _, err := io.Copy(io.Discard, c.r.Body); err != nil {
		return nil, err
	}
	return c.hijack()
}

// answer tells the client that the connection is a stream from here on. The headers that the
// answer has are only those of the stream itself if bare.
func (c *call) answer(s *stream, bare bool) {
	defer close(s.answered)
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
	if c.r.Header["Upgrade"] != nil {
		head = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
	}
	if _, err := io.WriteString(s.Conn, head); err != nil {
		return // reading finds that out
	}
	if !bare {
		c.w.Header().Write(s.Conn)
	}
	io.WriteString(s.Conn, "\r\n")
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
	s := &stream{Conn: conn, in: conn, answered: make(chan struct{})}
	if rw.Reader.Buffered() > 0 {
		s.in = rw.Reader
	}
	if memory, ok := conn.(*memoryConn); ok {
		s.gone = memory.gone
	}
	return s, nil
}
