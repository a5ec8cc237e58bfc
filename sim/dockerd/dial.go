package dockerd

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"

	"drydock/sim"
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

// Socket is the file where dockerd listens.
const Socket = "/var/run/docker.sock"

// DialSocket connects to the socket of that name on a host. Who has no such socket, or no dockerd
// that runs, is told ENOENT or ECONNREFUSED.
func DialSocket(ctx context.Context, h *sim.Host, path string) (net.Conn, error) {
	fail := func(errno syscall.Errno) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "unix", Addr: &net.UnixAddr{Name: path, Net: "unix"}, Err: os.NewSyscallError("connect", errno)}
	}
	switch {
	case path != Socket && path != strings.TrimPrefix(Socket, "/var"):
		return fail(syscall.ENOENT)
	case h.DaemonContext().Err() != nil:
		return fail(syscall.ECONNREFUSED)
	}
	return Dial(ctx, Handler(h))
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
