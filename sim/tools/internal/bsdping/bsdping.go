// Package bsdping is the ping that inetutils and busybox both have from BSD. They differ
// in words, which a Style has.
package bsdping

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"syscall"
	"time"

	"drydock/sim/ping"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/inet"
)

// A Style is what one program prints.
type Style struct {
	Unknown   func(host string) string // the message for a name that is not found
	Unsent    string                   // before the reason why a request could not be sent
	Seq       string                   // before the number in the line of a reply
	Canonical bool                     // names are printed as /etc/hosts has them
	ICMP      bool                     // ICMP errors are printed
	Summary   func(s *Sum) string
}

// A Request is what a command line asks for. The fields from Count to Deadline are those
// of ping.Config; Size 0 is no data.
type Request struct {
	Host                       string
	Network                    string // "ip", "ip4", "ip6"
	Count, Size, TTL           int
	Interval, Linger, Deadline time.Duration
	Quiet, Numeric             bool
}

// A Sum is what becomes of all requests.
type Sum struct {
	Host                       string
	Sent, Received, Duplicates int

	timed         bool // round trips were measured
	min, max, sum time.Duration
	squares       float64 // of ms
}

// Loss returns the share of requests without reply in whole percents, which are cut off.
func (s *Sum) Loss() int {
	if s.Sent == 0 {
		return 0
	}
	return (s.Sent - s.Received) * 100 / s.Sent
}

// Times returns the least, mean and largest round trip in ms, and the variance of all. They
// are not ok if there is none.
func (s *Sum) Times() (least, mean, largest, variance float64, ok bool) {
	n := float64(s.Received + s.Duplicates)
	if n == 0 || !s.timed {
		return 0, 0, 0, 0, false
	}
	mean = ms(s.sum) / n
	return ms(s.min), mean, ms(s.max), s.squares/n - mean*mean, true
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// timed is how much data a request must have to carry the time: a struct timeval.
const timed = 16

const icmpHeader, ipHeader = 8, 20

// A run is one run of ping. All of its fields are used by one goroutine.
type run struct {
	*command.Call
	*Style
	*Request
	ctx   context.Context
	dst   netip.Addr
	sum   Sum
	fatal error // the reason why a request was not sent
	stop  context.CancelFunc
}

// Run pings. SIGINT ends it as Count does.
func Run(ctx context.Context, c *command.Call, style *Style, r *Request) int {
	m, ok := c.Machine.(interface {
		Ping(ctx context.Context, host string, cfg *ping.Config) (ping.Stats, error)
	})
	if !ok {
		return c.Fail(1, "%s: permission denied (are you root?)\n", c.Args[0])
	}
	addrs, err := inet.GetAddrInfo(ctx, c.Machine, r.Network, r.Host)
	if err != nil || len(addrs) == 0 {
		return c.Fail(1, "%s: %s\n", c.Args[0], style.Unknown(r.Host))
	}
	p := &run{Call: c, Style: style, Request: r, dst: addrs[0], sum: Sum{Host: r.Host, timed: r.Size >= timed}}
	if style.Canonical {
		p.sum.Host = inet.Canonical(c, r.Host)
	}
	p.ctx, p.stop = inet.NotifyContext(ctx, c, command.SIGINT)
	defer p.stop()
	p.Printf("PING %s (%s): %d data bytes\n", p.sum.Host, p.dst, p.Size)
	stats, err := m.Ping(p.ctx, p.dst.String(), p.config())
	return p.finish(stats, err)
}

func (p *run) config() *ping.Config {
	return &ping.Config{
		Count: orNone(p.Count), Interval: orNone(p.Interval), Size: orNone(p.Size), TTL: p.TTL,
		Timeout: orNone(p.Linger), Deadline: p.Deadline, Observe: p.event,
	}
}

// orNone returns v, or -1 for 0, which stands for a default in a ping.Config.
func orNone[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}

// event prints what happened to a request.
func (p *run) event(e ping.Event) {
	switch {
	case e.Err == nil && e.From.IsValid():
		p.reply(e)
	case e.Err != nil && e.From.IsValid():
		p.icmpError(e)
	case e.Err != nil:
		p.fatal = e.Err
		p.stop()
	}
}

func (p *run) reply(e ping.Event) {
	if e.Duplicate {
		p.sum.Duplicates++
	} else {
		p.sum.Received++
	}
	if n := p.sum.Received + p.sum.Duplicates; n == 1 || e.RTT < p.sum.min {
		p.sum.min = e.RTT
	}
	p.sum.max = max(p.sum.max, e.RTT)
	p.sum.sum += e.RTT
	p.sum.squares += ms(e.RTT) * ms(e.RTT)
	if p.Quiet {
		return
	}
	line := fmt.Sprintf("%d bytes from %s: %s%d ttl=%d", e.Size, e.From.WithZone(""), p.Seq, e.Seq-1, e.TTL)
	if p.sum.timed {
		line += fmt.Sprintf(" time=%.3f ms", ms(e.RTT))
	}
	if e.Duplicate {
		line += " (DUP!)"
	}
	p.Printf("%s\n", line)
}

// quoted is how much of a packet Linux sends back in an ICMP error at most, so that it
// fits in 576 bytes.
const quoted = 576 - ipHeader - icmpHeader

func (p *run) icmpError(e ping.Event) {
	var icmp *ping.ICMPError
	if !p.ICMP || p.Quiet || !errors.As(e.Err, &icmp) {
		return
	}
	from := e.From.String()
	if names := inet.Names(p.ctx, p.Machine, e.From); len(names) > 0 && !p.Numeric {
		from = fmt.Sprintf("%s (%s)", names[0], from)
	}
	size := icmpHeader + min(ipHeader+icmpHeader+p.Size, quoted)
	p.Printf("%d bytes from %s: %s\n", size, from, icmp.Message())
}

// finish prints the summary, or why nothing could be sent.
func (p *run) finish(stats ping.Stats, err error) int {
	var errno syscall.Errno
	switch {
	case errors.Is(err, net.ErrClosed): // killed with the container
		return command.Killed
	case p.fatal != nil:
		err = p.fatal
	}
	if (p.fatal != nil || stats.Sent == 0) && errors.As(err, &errno) {
		return p.Fail(1, "%s: %s: %s\n", p.Args[0], p.Unsent, inet.Strerror(errno))
	}
	p.sum.Sent = stats.Sent
	p.Printf("%s", p.Summary(&p.sum))
	if p.sum.Received == 0 {
		return 1
	}
	return 0
}

// Deviation returns what inetutils' nsqrt does, which calls variances under its precision
// none.
func Deviation(variance float64) float64 {
	const precision = 0.0005
	if variance < precision {
		return 0
	}
	return math.Sqrt(variance)
}
