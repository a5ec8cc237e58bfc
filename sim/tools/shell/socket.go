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
			return streams.New(socket{conn}, conn, func() { conn.Close() }), nil
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

// A socket can stop reading.
type socket struct{ net.Conn }

var _ command.ContextReader = socket{}

// ReadContext reads until ctx is done.
func (c socket) ReadContext(ctx context.Context, b []byte) (int, error) {
	stop := context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })
	n, err := c.Read(b)
	if !stop() {
		c.SetReadDeadline(time.Time{}) // for who reads next
		if n == 0 {
			return 0, context.Cause(ctx)
		}
	}
	return n, err
}
