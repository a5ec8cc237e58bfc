package dnsd

import (
	"fmt"
	"math"
	"net/netip"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// An Action is what a Fault does to a query.
type Action uint8

const (
	Pass     Action = iota // answered as without the fault
	Drop                   // not answered
	Refuse                 // REFUSED
	ServFail               // SERVFAIL
	NXDomain               // NXDOMAIN
	Truncate               // over UDP truncated to nothing, so that clients turn to TCP
	Lie                    // another address than the true one, even for unknown names
)

var actionNames = [...]string{"pass", "drop", "refuse", "servfail", "nxdomain", "truncate", "lie"}

func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// A Fault is something that goes wrong with some of the queries for some names.
type Fault struct {
	// Name is a pattern of path.Match for names in lower case without final dot,
	// such as "db", "*.example.test" or, for reverse lookups, "*.in-addr.arpa". The
	// empty one and "*" fit all names.
	Name string

	// Type is a type of records, such as dns.TypeA, or 0 for all.
	Type uint16

	// Rate is how many of the queries that fit are hit: 1 all, 0.25 about a quarter.
	Rate float64

	Delay  time.Duration // before the action
	Action Action

	// Addr is the lie. Questions for the other family, and for reverse lookups, are
	// answered NOERROR with nothing in it.
	Addr netip.Addr
}

// Faults make handlers misbehave. Of the faults that fit a query and hit it the first
// one happens. Faults are made by NewFaults and safe for concurrent use.
//
// Each fault draws from the seed and its place in the list alone, once for each query
// that fits it: changing one does not move what others hit.
type Faults struct {
	seed  uint64
	rules atomic.Pointer[[]*rule]
}

type rule struct {
	Fault
	random source
}

// NewFaults returns faults whose draws follow from a seed. The error is that of Set.
func NewFaults(seed uint64, faults ...Fault) (*Faults, error) {
	f := &Faults{seed: seed}
	if err := f.Set(faults...); err != nil {
		return nil, err
	}
	return f, nil
}

// Set replaces all faults; without any, handlers behave again. The new ones draw from
// the beginning. The error is an *Error, and then nothing has changed.
func (f *Faults) Set(faults ...Fault) error {
	rules := make([]*rule, len(faults))
	for i, fault := range faults {
		if err := fault.check(); err != nil {
			return &Error{Op: "set faults", Name: fault.Name, Err: err}
		}
		fault.Name = strings.ToLower(fault.Name)
		rules[i] = &rule{Fault: fault, random: source{seed: mix(f.seed + uint64(i+1)*golden)}}
	}
	f.rules.Store(&rules)
	return nil
}

func (f Fault) check() error {
	if _, err := path.Match(f.Name, ""); err != nil {
		return ErrName
	}
	switch {
	case !(f.Rate >= 0 && f.Rate <= 1): // NaN is neither
		return fmt.Errorf("%v: %w", f.Rate, ErrRate)
	case f.Delay < 0:
		return fmt.Errorf("%v: %w", f.Delay, ErrDelay)
	case f.Action > Lie:
		return fmt.Errorf("%v: %w", f.Action, ErrAction)
	case f.Addr.IsValid() != (f.Action == Lie):
		return ErrLie
	case f.Action == Pass && f.Delay == 0:
		return ErrNoEffect
	}
	return nil
}

// Wrap returns a handler that does what next does, but for the faults. All handlers
// wrapped by f share its draws.
func (f *Faults) Wrap(next dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		fault, ok := f.hit(q)
		if !ok {
			next.ServeDNS(w, q)
			return
		}
		if !fault.wait(w) {
			return
		}
		if reply, pass := fault.reply(w, q); pass {
			next.ServeDNS(w, q)
		} else if reply != nil {
			_ = w.WriteMsg(reply)
		}
	})
}

// hit returns what happens to q.
func (f *Faults) hit(q *dns.Msg) (Fault, bool) {
	if len(q.Question) == 0 {
		return Fault{}, false
	}
	name := strings.ToLower(strings.TrimSuffix(q.Question[0].Name, "."))
	for _, r := range *f.rules.Load() {
		if !r.fits(name, q.Question[0].Qtype) {
			continue
		}
		// 53 bits are what a float64 holds.
		if float64(r.random.next()>>11) < math.Ldexp(r.Rate, 53) {
			return r.Fault, true
		}
	}
	return Fault{}, false
}

func (f Fault) fits(name string, qtype uint16) bool {
	if f.Type != 0 && f.Type != qtype {
		return false
	}
	if f.Name == "" || f.Name == "*" {
		return true
	}
	ok, _ := path.Match(f.Name, name)
	return ok
}

// wait reports whether the delay has passed, rather than the query ended.
func (f Fault) wait(w dns.ResponseWriter) bool {
	if f.Delay == 0 {
		return true
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-contextOf(w).Done():
		return false
	}
}

// reply returns what is answered, if anything is, or that the query passes.
func (f Fault) reply(w dns.ResponseWriter, q *dns.Msg) (reply *dns.Msg, pass bool) {
	reply = newReply(q)
	switch f.Action {
	case Drop:
		return nil, false
	case Refuse:
		reply.Rcode = dns.RcodeRefused
	case ServFail:
		reply.Rcode = dns.RcodeServerFailure
	case NXDomain:
		reply.Rcode = dns.RcodeNameError
	case Truncate:
		if overTCP(w) {
			return nil, true
		}
		reply.Truncated = true
	case Lie:
		question := q.Question[0]
		if f.Addr.Unmap().Is4() && question.Qtype == dns.TypeA || f.Addr.Unmap().Is6() && question.Qtype == dns.TypeAAAA {
			reply.Answer = []dns.RR{record(header(question.Name, question.Qtype), f.Addr.Unmap())}
		}
	default:
		return nil, true
	}
	return reply, false
}
