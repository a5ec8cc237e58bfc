package dockerd

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
)

// Dial returns a connection in memory on which handler serves HTTP/1.1 until it is closed.
// It has a method CloseWrite. When Close has returned nothing of it is left: the requests
// have ended, those too that had taken the connection over. So a handler must not close
// the connection that it answers on.
func Dial(ctx context.Context, handler http.Handler) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, server := newConns()
	s := newServer(context.WithoutCancel(ctx), handler)
	// With the second Accept Serve returns, and the connection goes on.
	s.http.Serve(&single{conn: server})
	return &dialed{memoryConn: client, server: s}, nil
}

// A dialed is the client's end of a connection by Dial.
type dialed struct {
	*memoryConn
	server *server
}

func (d *dialed) Close() error {
	d.memoryConn.Close()
	d.server.end()
	return nil
}

// A single is a listener that accepts one connection.
type single struct {
	once sync.Once
	conn net.Conn
}

func (s *single) Accept() (accepted net.Conn, err error) {
	err = io.EOF
	s.once.Do(func() { accepted, err = s.conn, nil })
	return accepted, err
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return addr{} }
