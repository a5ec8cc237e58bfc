package inetutils

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A telnet is one run of it.
type telnet struct {
	*command.Call
	*dialect
	ctx context.Context
}

// A dialect is what the programs of that name differ in.
type dialect struct {
	terse   bool                     // it does not tell what it tries, nor how to end it
	unknown func(*telnet, string)    // tells that there is no such host
	refused string                   // a format of address and reason
	closed  func(*telnet) (code int) // tells that the other side has
}

var (
	gnu    = &dialect{refused: "telnet: Unable to connect to remote host: %[2]s\n"}
	netkit = &dialect{refused: "telnet: connect to address %s: %s\n"}
	small  = &dialect{
		terse: true, refused: "telnet: can't connect to remote host (%s): %s\n",
		unknown: func(t *telnet, host string) { t.Errorf("telnet: bad address '%s'\n", host) },
		closed:  func(t *telnet) int { t.Printf("Connection closed by foreign host\r\n"); return 1 },
	}
)

const telnetUsage = "Try 'telnet --help' or 'telnet --usage' for more information.\n"

// Telnet is telnet(1).
func Telnet(ctx context.Context, c *command.Call) int {
	return (&telnet{c, gnu, ctx}).run()
}

// TelnetCentOS is Telnet with the words of CentOS 7, which has netkit's.
func TelnetCentOS(ctx context.Context, c *command.Call) int {
	return (&telnet{c, netkit, ctx}).run()
}

// TelnetBusybox is Telnet with the words of busybox 1.35.
func TelnetBusybox(ctx context.Context, c *command.Call) int {
	return (&telnet{c, small, ctx}).run()
}

func (t *telnet) run() int {
	network := "ip"
	family := func(name string) command.Option {
		return command.Option{Names: name + " ipv" + name, Set: func(string, string) error { network = "ip" + name; return nil }}
	}
	words, err := command.Getopt(t.Args[1:], []command.Option{
		family("4"), family("6"),
		{Names: "K no-login", Set: func(string, string) error { return nil }}, // which is always so
	})
	switch {
	case err != nil:
		return t.Fail(64, "telnet: %v\n%s", err, telnetUsage)
	case len(words) == 0:
		return t.Fail(64, "telnet: missing host operand\n%s", telnetUsage)
	case len(words) > 2:
		return t.Fail(1, "telnet: too many arguments\n")
	}
	host, service := words[0], "telnet"
	if len(words) == 2 {
		service = words[1]
	}
	port, ok := t.port(service)
	if !ok {
		t.Printf("Server lookup failure:  %s:%s, Servname not supported for ai_socktype\n", host, service)
		return 1
	}
	addrs, err := inet.GetAddrInfo(t.ctx, t.Machine, network, host)
	switch {
	case err != nil && t.unknown != nil:
		t.unknown(t, host)
		return 1
	case err != nil:
		t.Printf("Server lookup failure:  %s:%s, %s\n", host, service, inet.GAIError(err))
		return 1
	}
	return t.connect(addrs, host, port)
}

// connect connects to the first address that lets it, and talks.
func (t *telnet) connect(addrs []netip.Addr, host, port string) int {
	for i, a := range addrs {
		if !t.terse {
			t.Printf("Trying %s...\n", a)
		}
		conn, err := t.Machine.DialContext(t.ctx, "tcp", net.JoinHostPort(a.String(), port))
		switch {
		case err == nil:
			if t.terse {
				t.Printf("Connected to %s\n", host)
			} else {
				t.Printf("Connected to %s.\nEscape character is '^]'.\n", host)
			}
			return t.talk(conn)
		case t.ctx.Err() != nil:
			return command.Interrupted(t.ctx)
		case i < len(addrs)-1:
			t.Errorf("telnet: connect to address %s: %s\n", a, inet.Reason(err))
		default:
			t.Errorf(t.refused, a, inet.Reason(err))
		}
	}
	return 1
}

// port returns the number of a service.
func (t *telnet) port(service string) (number string, ok bool) {
	if _, err := strconv.ParseUint(service, 10, 16); err == nil {
		return service, true
	}
	if s, ok := inet.ReadServices(t.Call).Find(service, "tcp"); ok {
		return strconv.Itoa(int(s.Port)), true
	}
	return "23", service == "telnet"
}

// escape is what ends a session when it is typed: ^]. The real one asks for a command then.
const escape = 0x1d

var errEscape = errors.New("escaped")

// talk copies both ways until one side ends.
func (t *telnet) talk(conn net.Conn) int {
	ctx, cancel := context.WithCancelCause(t.ctx)
	defer cancel(nil)
	var copying sync.WaitGroup
	copying.Go(func() {
		in := &negotiation{answer: func(b []byte) { conn.Write(b) }}
		b := make([]byte, 4096)
		for {
			n, err := conn.Read(b)
			t.Stdout.Write(in.data(b[:n]))
			if err != nil {
				cancel(err)
				return
			}
		}
	})
	copying.Go(func() { cancel(t.send(ctx, conn)) })
	<-ctx.Done()
	conn.SetDeadline(time.Unix(1, 0))
	copying.Wait()
	conn.Close()
	switch {
	case t.ctx.Err() != nil:
		return command.Interrupted(t.ctx)
	case errors.Is(context.Cause(ctx), errEscape):
		t.Printf("\ntelnet> quit\nConnection closed.\n")
	case t.closed != nil:
		return t.closed(t)
	default:
		t.Errorf("Connection closed by foreign host.\n")
	}
	return 0
}

// send sends what is typed, with the line ends of the protocol, until that ends.
func (t *telnet) send(ctx context.Context, conn net.Conn) error {
	read := t.Stdin.Read
	if r, ok := t.Stdin.(command.ContextReader); ok {
		read = func(b []byte) (int, error) { return r.ReadContext(ctx, b) }
	}
	b := make([]byte, 4096)
	for {
		n, err := read(b)
		var out []byte
		for _, c := range b[:n] {
			switch c {
			case escape:
				return errEscape
			case '\n':
				out = append(out, '\r')
			case iac:
				out = append(out, iac)
			}
			out = append(out, c)
		}
		if _, err := conn.Write(out); err != nil {
			return err
		}
		if err != nil {
			return err
		}
	}
}

// The protocol's bytes (RFC 854).
const (
	se, sb               = 240, 250
	will, wont, do, dont = 251, 252, 253, 254
	iac                  = 255
)

// A negotiation takes commands out of what a server sends, and refuses every option that it
// offers or asks for. It keeps what is cut off at the end of a read.
type negotiation struct {
	state  int // 0, or the byte after which something is to come
	inside bool
	answer func([]byte)
}

// data returns what is no command.
func (n *negotiation) data(b []byte) (out []byte) {
	for _, c := range b {
		switch n.state {
		case 0:
			if c == iac {
				n.state = iac
			} else if !n.inside { // what a subnegotiation says is of no use
				out = append(out, c)
			}
			continue
		case do:
			n.answer([]byte{iac, wont, c})
		case will:
			n.answer([]byte{iac, dont, c})
		case iac:
			switch c {
			case will, wont, do, dont:
				n.state = int(c)
				continue
			case sb, se:
				n.inside = c == sb
			case iac:
				if !n.inside {
					out = append(out, c)
				}
			}
		}
		n.state = 0
	}
	return out
}
