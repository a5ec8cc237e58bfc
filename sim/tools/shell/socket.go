package shell

import (
	"context"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
	"drydock/sim/tools/shell/internal/streams"
)

// socketRE finds names that bash connects instead of opening them: /dev/tcp/HOST/PORT.
var socketRE = regexp.MustCompile(`(?s)^/dev/(tcp|udp)/([^/]*)/(.*)$`)

// openSocket connects a redirection's socket, which is read and written however it is redirected.
func (s *shell) openSocket(name string) (*streams.File, error) {
	m := socketRE.FindStringSubmatch(name)
	network, host, service := m[1], m[2], m[3]
	invalid := &redirectError{name + ": Invalid argument"}
	port, ok := s.port(network, service)
	if !ok {
		s.errorf("%s: Servname not supported for ai_socktype", service)
		return nil, invalid
	}
	addrs, err := inet.GetAddrInfo(s.now, s.call.Machine, "ip", host)
	if err != nil || len(addrs) == 0 {
		s.errorf("%s: %s", host, inet.GAIError(err))
		return nil, invalid
	}
	for _, a := range addrs {
		var conn net.Conn
		if conn, err = s.call.Machine.DialContext(s.now, network, netip.AddrPortFrom(a, port).String()); err == nil {
			return streams.New(socket{conn}, socket{conn}, func() { conn.Close() }), nil
		}
	}
	s.sysError("connect: " + inet.Reason(err))
	return nil, &redirectError{name + ": " + inet.Reason(err)}
}

// port returns that of a service, whose number is cut to 16 bits.
func (s *shell) port(network, service string) (uint16, bool) {
	if strings.Trim(service, "0123456789") == "" {
		n, _ := strconv.ParseUint(service, 10, 64)
		return uint16(n), true
	}
	known, ok := inet.ReadServices(s.call).Find(service, network)
	return known.Port, ok
}

// A socket can stop reading and writing.
type socket struct{ net.Conn }

var (
	_ command.ContextReader = socket{}
	_ command.ContextWriter = socket{}
)

// ReadContext reads until ctx is done.
func (c socket) ReadContext(ctx context.Context, b []byte) (int, error) {
	return interruptible(ctx, c.Read, b, c.SetReadDeadline)
}

// WriteContext writes until ctx is done.
func (c socket) WriteContext(ctx context.Context, b []byte) (int, error) {
	return interruptible(ctx, c.Write, b, c.SetWriteDeadline)
}

// interruptible does something with a buffer until ctx is done.
func interruptible(ctx context.Context, do func([]byte) (int, error), b []byte, setDeadline func(time.Time) error) (int, error) {
	expired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		setDeadline(time.Unix(1, 0))
		close(expired)
	})
	n, err := do(b)
	if stop() {
		return n, err
	}
	<-expired
	setDeadline(time.Time{}) // for who comes next
	if err != nil {
		err = context.Cause(ctx)
	}
	return n, err
}
