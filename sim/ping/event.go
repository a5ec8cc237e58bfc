package ping

import (
	"net/netip"
	"time"
)

// An Event is something that happened to a request: it was sent or could not be, was
// answered, or an error was reported for it.
type Event struct {
	Seq       int           // of the request, from 1; it is sent as 16 bits and starts over at 0
	Source    netip.Addr    // of the request, if it was sent or could not be
	From      netip.Addr    // of the reply or error; invalid if the request was sent, or could not be
	TTL       int           // that the reply arrived with
	Size      int           // of the reply in bytes, ICMP header included
	RTT       time.Duration // since the request was sent
	Duplicate bool          // the request has been answered before
	Err       error         // instead of a reply: an *ICMPError; instead of sending: a *os.SyscallError
	MTU       int           // if Err is EMSGSIZE, what does fit
}

// Stats sums up a ping as the last lines of ping(8) do. Round trips are in whole
// microseconds, as iputils counts them.
type Stats struct {
	Sent       int
	Received   int // requests that were answered
	Duplicates int // further replies to them
	Errors     int // reported by ICMP, or because the request was too large
	Pipe       int // requests that were under way at most

	Time                time.Duration // from the first request to the last
	Min, Avg, Max, MDev time.Duration // of the round trips
}

// Loss returns the share of requests that were not answered, from 0 to 1.
func (s Stats) Loss() float64 {
	if s.Sent == 0 {
		return 0
	}
	return float64(s.Sent-s.Received) / float64(s.Sent)
}
