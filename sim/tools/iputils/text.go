package iputils

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"drydock/sim/ping"
	"drydock/sim/tools/internal/inet"
)

const (
	echoHeader = 8  // bytes of ICMP before the data
	ipHeader   = 20 // of IPv4

	// timed is how much data a request must have for iputils to put the time into it,
	// which makes it print times.
	timed = 16
)

// begin prints the first line, which waits for the first event: errors of connect(2)
// come without it. The size in parentheses has the headers with it, for IPv4 alone. To
// 0.0.0.0 is to this machine, which iputils prints as 127.0.0.1.
func (p *run) begin(source netip.Addr) {
	if p.begun {
		return
	}
	p.begun = true
	if p.broadcast && p.isBroadcast(p.dst) {
		p.Errorf("WARNING: pinging broadcast address\n")
	}
	from := p.from(source)
	if p.dst.Is6() {
		p.Printf("PING %s(%s) %s%d data bytes\n", p.hostname, p.addr(p.dst), from, p.size)
		return
	}
	dst := p.dst
	if dst.IsUnspecified() {
		dst = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	p.Printf("PING %s (%s) %s%d(%d) bytes of data.\n", p.hostname, dst, from, p.size, p.size+echoHeader+ipHeader)
}

// isBroadcast tells whether a is the broadcast address of a network that the machine is
// on, or of all.
func (p *run) isBroadcast(a netip.Addr) bool {
	if a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	for _, i := range p.m.Interfaces() {
		for _, prefix := range i.Addrs {
			if b := inet.Broadcast(prefix); b.IsValid() && b == a {
				return true
			}
		}
	}
	return false
}

// addr formats an address with its name, if names are wanted. The last one is remembered.
func (p *run) addr(a netip.Addr) string {
	if p.numeric {
		return a.String()
	}
	if a != p.named {
		p.named, p.text = a, p.lookup(a)
	}
	return p.text
}

func (p *run) lookup(a netip.Addr) string {
	name := a.String()
	if names, err := p.m.LookupAddr(p.ctx, a.WithZone("").String()); err == nil && len(names) > 0 {
		name = strings.TrimSuffix(names[0], ".")
	}
	return fmt.Sprintf("%s (%s)", name, a)
}

// event prints what happened to a request: it was sent, a reply or an ICMP error came,
// or the kernel did not take it.
func (p *run) event(e ping.Event) {
	p.begin(e.Source)
	p.note(e)
	switch {
	case e.Err == nil && !e.From.IsValid():
		p.sent(e)
	case e.Err == nil:
		p.reply(e)
	case e.From.IsValid():
		p.icmpError(e)
	default:
		p.sendError(e)
	}
}

// sent is for -O, which tells of a request that has no answer when the next one is
// sent, and for -f, whose dots replies take back.
func (p *run) sent(e ping.Event) {
	if p.missing && p.pending != 0 {
		p.Printf("%sno answer yet for icmp_seq=%d\n", p.stamp(), p.pending)
	}
	p.pending = e.Seq
	if p.flood && !p.quiet {
		p.Printf(".")
	}
}

// reply prints a reply.
func (p *run) reply(e ping.Event) {
	if e.Seq == p.pending {
		p.pending = 0
	}
	from := p.addr(e.From) // iputils looks for the name even if it does not print it
	switch {
	case p.quiet:
	case p.flood:
		p.Printf("\b \b")
	default:
		p.Printf("%s\n", p.replyLine(e, from))
	}
}

// replyLine returns the line for a reply. A short reply has no time, as that would be
// in what is missing. One address answers for many if they were asked, so neither
// duplicates nor other addresses are remarkable then.
func (p *run) replyLine(e ping.Event, from string) string {
	line := fmt.Sprintf("%s%d bytes from %s: icmp_seq=%d ttl=%d", p.stamp(), e.Size, from, e.Seq, e.TTL)
	if e.Size < p.size+echoHeader {
		return line + " (truncated)"
	}
	if p.size >= timed {
		line += " time=" + p.formatRTT(e.RTT) + " ms"
	}
	many := p.broadcast || p.dst.IsMulticast()
	if e.Duplicate && !many {
		line += " (DUP!)"
	}
	if !many && !p.dst.IsUnspecified() && e.From.WithZone("") != p.dst.WithZone("") {
		line += " (DIFFERENT ADDRESS!)"
	}
	return line
}

// icmpError prints an ICMP error, in iputils' words for its type and code.
func (p *run) icmpError(e ping.Event) {
	var icmp *ping.ICMPError
	switch {
	case p.quiet || !errors.As(e.Err, &icmp):
	case p.flood:
		p.Printf("\bE")
	default:
		p.Printf("%sFrom %s icmp_seq=%d %s\n", p.stamp(), p.addr(e.From), e.Seq, icmp.Message())
	}
}

// sendError prints why a request was not sent. The error about the MTU differs by one
// character between ping's code for IPv4 and that for IPv6.
func (p *run) sendError(e ping.Event) {
	var errno syscall.Errno
	switch {
	case p.quiet || !errors.As(e.Err, &errno):
	case p.flood:
		p.Printf("E")
	case errno == syscall.EMSGSIZE && p.dst.Is6():
		p.Errorf(p.name+": local error: message too long, mtu: %d\n", e.MTU)
	case errno == syscall.EMSGSIZE:
		p.Errorf(p.name+": local error: message too long, mtu=%d\n", e.MTU)
	default:
		p.Errorf(p.name+": sendmsg: %s\n", inet.Strerror(errno))
	}
}

// stamp returns the time of day that -D puts before a line.
func (p *run) stamp() string {
	if !p.stamps {
		return ""
	}
	now := time.Now()
	return fmt.Sprintf("[%d.%06d] ", now.Unix(), now.Nanosecond()/1000)
}

// formatRTT prints at least three digits, rounded. The bounds are iputils': what would
// round up to four digits has one decimal less.
func formatRTT(d time.Duration) string {
	us := d.Microseconds()
	switch {
	case us >= 100000-50:
		return fmt.Sprint((us + 500) / 1000)
	case us >= 10000-5:
		us += 50
		return fmt.Sprintf("%d.%d", us/1000, us%1000/100)
	case us >= 1000:
		us += 5
		return fmt.Sprintf("%d.%02d", us/1000, us%1000/10)
	}
	return formatMS(d)
}

// formatMS prints milliseconds with three decimals, cut off.
func formatMS(d time.Duration) string {
	us := d.Microseconds()
	return fmt.Sprintf("%d.%03d", us/1000, us%1000)
}

// summary prints the last lines. The loss is %g of C, six digits without zeros at the
// end, of a float. The last line is empty if there is nothing for it: its parts are the
// round trips, how many requests were under way at once, and with no interval the gaps.
func (p *run) summary(s ping.Stats) {
	p.Printf("\n--- %s ping statistics ---\n", p.hostname)
	p.Printf("%d packets transmitted, %d received", s.Sent, s.Received)
	if s.Duplicates > 0 {
		p.Printf(", +%d duplicates", s.Duplicates)
	}
	if s.Errors > 0 {
		p.Printf(", +%d errors", s.Errors)
	}
	if s.Sent > 0 {
		loss := strconv.FormatFloat(s.Loss()*100, 'g', 6, 32)
		p.Printf(", %s%% packet loss, time %dms", loss, p.milliseconds(s.Time))
	}
	p.Printf("\n")
	var parts []string
	if s.Received > 0 && p.size >= timed {
		parts = append(parts, fmt.Sprintf("rtt min/avg/max/mdev = %s/%s/%s/%s ms",
			formatMS(s.Min), formatMS(s.Avg), formatMS(s.Max), formatMS(p.deviation(s))))
	}
	if s.Pipe > 1 {
		parts = append(parts, fmt.Sprint("pipe ", s.Pipe))
	}
	if s.Received > 0 && s.Sent > 1 && (p.interval == 0 || p.flood || p.adaptive) {
		gap, ewma := s.Time/time.Duration(s.Sent-1), time.Duration(p.counted().ewma/8)*time.Microsecond
		parts = append(parts, fmt.Sprintf("ipg/ewma %s/%s ms", formatMS(gap), formatMS(ewma)))
	}
	p.Printf("%s\n", strings.Join(parts, ", "))
}
