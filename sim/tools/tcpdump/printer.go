package tcpdump

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A packet is a frame of Ethernet with where and when it was seen.
type packet struct {
	time   time.Time
	frame  []byte
	length int    // before -s
	place  string // with -i any: "eth0  In  "
	index  int    // of the interface, for files of -i any
	out    bool
}

// A printer writes packets as lines.
type printer struct {
	o        *options
	w        io.Writer
	ctx      context.Context
	m        command.Machine // whom to ask for names; nil with -n
	services inet.Services
	names    map[netip.Addr]string
	flows    map[flow]isn
	first    time.Time
	last     time.Time

	bare   bool // addresses are there already: of a fragment of IPv6
	quoted int  // ICMP errors that the packet is quoted in
	line   strings.Builder
}

func newPrinter(ctx context.Context, c *command.Call, o *options) *printer {
	p := &printer{o: o, w: c.Stdout, ctx: ctx, names: make(map[netip.Addr]string), flows: make(map[flow]isn)}
	if !o.numeric {
		p.m, p.services = c.Machine, inet.ReadServices(c)
	}
	return p
}

func (p *printer) put(format string, args ...any) { fmt.Fprintf(&p.line, format, args...) }

// print writes a packet.
func (p *printer) print(pk packet) {
	p.line.Reset()
	p.stamp(pk.time)
	p.put("%s", pk.place)
	p.ethernet(pk)
	p.put("\n")
	p.dump(pk)
	io.WriteString(p.w, p.line.String())
}

// stamp prints the time as -t wants it.
func (p *printer) stamp(t time.Time) {
	t = t.UTC()
	if p.first.IsZero() {
		p.first, p.last = t, t
	}
	delta := func(d time.Duration) {
		p.put("%s", time.Time{}.Add(d).Format(" 15:04:05.000000")+" ")
	}
	switch p.o.times {
	case 0:
		p.put("%s ", t.Format("15:04:05.000000"))
	case 1:
	case 2:
		p.put("%d.%06d ", t.Unix(), t.Nanosecond()/1000)
	case 3:
		delta(t.Sub(p.last))
	case 4:
		p.put("%s ", t.Format("2006-01-02 15:04:05.000000"))
	default:
		delta(t.Sub(p.first))
	}
	p.last = t
}

// host is the name of an address, or the address.
func (p *printer) host(a netip.Addr) string {
	if p.m == nil {
		return a.String()
	}
	name, known := p.names[a]
	if !known {
		name = a.String()
		if names := inet.Names(p.ctx, p.m, a); len(names) > 0 {
			name = strings.TrimSuffix(names[0], ".")
		}
		if len(p.names) < maxKnown {
			p.names[a] = name
		}
	}
	return name
}

// port is the name of a port, or its number.
func (p *printer) port(n uint16, protocol string) string {
	if s, ok := p.services.At(n, protocol); ok {
		return s.Name
	}
	return strconv.Itoa(int(n))
}

// ethernet prints the header if it is wanted, and what is in the frame.
func (p *printer) ethernet(pk packet) {
	b := pk.frame
	if len(b) < 14 {
		p.put("[|ether]")
		return
	}
	kind := be16(b[12:])
	name, known := etherTypes[kind]
	if !known {
		name = "Unknown"
	}
	switch {
	case p.o.link && pk.place != "":
		p.put("ifindex %d %s ethertype %s (0x%04x), length %d: ", pk.index, mac(b[6:]), name, kind, pk.length+6)
	case p.o.link && p.o.quiet:
		if !known {
			name = fmt.Sprintf("0x%04x", kind)
		}
		p.put("%s > %s, %s, length %d: ", mac(b[6:]), mac(b), name, pk.length)
	case p.o.link:
		p.put("%s > %s, ethertype %s (0x%04x), length %d: ", mac(b[6:]), mac(b), name, kind, pk.length)
	}
	body := b[14:]
	switch kind {
	case 0x0800:
		p.named("IP", " ")
		p.ipv4(body)
	case 0x0806:
		p.named("ARP", ", ")
		p.arp(body, pk.length-14)
	case 0x86dd:
		p.named("IP6", " ")
		p.ipv6(body)
	default:
		if !p.o.link {
			p.put("%s > %s, ethertype Unknown (0x%04x), length %d: ", mac(b[6:]), mac(b), kind, pk.length)
		}
		if p.o.hex == 0 && p.o.ascii == 0 {
			p.put("\n%s", strings.TrimSuffix(hexLines(body, 0, true), "\n"))
		}
	}
}

// named prints what a packet is unless -e has done so.
func (p *printer) named(name, after string) {
	if !p.o.link {
		p.put("%s%s", name, after)
	}
}

var etherTypes = map[uint16]string{0x0800: "IPv4", 0x0806: "ARP", 0x86dd: "IPv6"}

func mac(b []byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
func be32(b []byte) uint32 { return uint32(be16(b))<<16 | uint32(be16(b[2:])) }

// dump prints the bytes: -x and -X those after the Ethernet header, doubled all.
func (p *printer) dump(pk packet) {
	b := pk.frame
	if p.o.hex < 2 && p.o.ascii >= 0 || p.o.ascii < 0 {
		b = b[min(14, len(b)):]
	}
	switch {
	case p.o.ascii < 0:
		p.line.WriteString(asciiText(b))
	case p.o.hex > 0:
		p.line.WriteString(hexLines(b, 0, p.o.ascii > 0))
	}
}

// asciiText is what -A prints.
func asciiText(b []byte) string {
	var s strings.Builder
	for i, x := range b {
		switch {
		case x == '\r' && i+1 < len(b) && b[i+1] == '\n':
		case x == '\n' || x >= ' ' && x < 0x7f || x == '\t':
			s.WriteByte(x)
		default:
			s.WriteByte('.')
		}
	}
	return s.String() + "\n"
}

// hexLines are lines of 16 bytes, with what of them is ASCII.
func hexLines(b []byte, at int, ascii bool) string {
	var s strings.Builder
	for ; len(b) > 0; b, at = b[min(16, len(b)):], at+16 {
		row := b[:min(16, len(b))]
		var hex, text strings.Builder
		for i, x := range row {
			if i%2 == 0 {
				hex.WriteByte(' ')
			}
			fmt.Fprintf(&hex, "%02x", x)
			if x <= ' ' || x >= 0x7f {
				x = '.'
			}
			text.WriteByte(x)
		}
		fmt.Fprintf(&s, "\t0x%04x: ", at)
		if ascii {
			fmt.Fprintf(&s, "%-40s  %s\n", hex.String(), text.String())
		} else {
			fmt.Fprintf(&s, "%s\n", hex.String())
		}
	}
	return s.String()
}

// arp prints a request or a reply.
func (p *printer) arp(b []byte, length int) {
	if len(b) < 28 || be16(b) != 1 || be16(b[2:]) != 0x0800 {
		p.put("[|arp]")
		return
	}
	if p.o.verbose > 0 {
		p.put("Ethernet (len 6), IPv4 (len 4), ")
	}
	from, to := netip.AddrFrom4([4]byte(b[14:18])), netip.AddrFrom4([4]byte(b[24:28]))
	switch op := be16(b[6:]); {
	case op == 1:
		p.put("Request who-has %s ", p.host(to))
		if target := [6]byte(b[18:24]); target != [6]byte{} {
			p.put("(%s) ", mac(b[18:]))
		}
		p.put("tell %s", p.host(from))
	case op == 2:
		p.put("Reply %s is-at %s", p.host(from), mac(b[8:]))
	default:
		p.put("Unknown (%d)", op)
	}
	p.put(", length %d", length)
}
