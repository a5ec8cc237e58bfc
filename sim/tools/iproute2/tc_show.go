package iproute2

import (
	"fmt"
	"regexp"
	"strings"

	"drydock/drop"
	"drydock/sim"
	"drydock/veth"
)

// A filter says which qdiscs are shown.
type filter struct {
	dev    string
	parent uint32
	handle uint16
}

func (f *filter) read(words []string) error {
	for args := arguments(words); len(args) > 0; {
		word, _ := args.next()
		var err error
		switch {
		case word == "dev":
			f.dev, err = args.value()
		case f.parent != 0 && (word == "root" || is(word, "parent") || is(word, "handle")):
			err = wrongID(word, "parent is already specified")
		case f.handle != 0 && (word == "root" || is(word, "parent") || is(word, "handle")):
			err = wrongID(word, "handle is already specified")
		case word == "root":
			f.parent = root
		case is(word, "parent"):
			q := asked{}
			err = q.parseParent(&args)
			f.parent = q.parent
		case is(word, "handle"):
			q := asked{}
			err = q.parseHandle(&args)
			f.handle = q.handle
		case is(word, "help"):
			err = failure{exit, qdiscUsage}
		default:
			err = fail(exit, `What is "`+word+`"? Try "tc qdisc help".`)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// show is tc qdisc show.
func (p *tc) show(words []string) error {
	var f filter
	if err := f.read(words); err != nil {
		return err
	}
	found := false
	for _, i := range p.m.Interfaces() {
		if f.dev != "" && i.Name != f.dev {
			continue
		}
		found = true
		list, err := p.m.Qdiscs(i.Name)
		if err != nil {
			continue // it went while we looked
		}
		if len(list) == 0 {
			list = []sim.Qdisc{{Kind: "noqueue"}}
		}
		for n, q := range list {
			if f.shows(q) {
				p.record(p.qdiscLine(q, i.Name, f.dev == "", n == 0) + p.counters(list, n))
			}
		}
	}
	if f.dev != "" && !found {
		return fail(1, `Cannot find device "`+f.dev+`"`)
	}
	return nil
}

func (f *filter) shows(q sim.Qdisc) bool {
	parent := q.Parent
	if parent == 0 {
		parent = root
	}
	return (f.parent == 0 || f.parent == parent) && (f.handle == 0 || f.handle == q.Handle)
}

// qdiscLine is a qdisc without its counters. A veth has one queue to send from, which with the
// interface itself refers to a root twice.
func (p *tc) qdiscLine(q sim.Qdisc, dev string, withDev, isRoot bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "qdisc %s %x: ", q.Kind, q.Handle)
	if withDev {
		fmt.Fprintf(&b, "dev %s ", dev)
	}
	if isRoot {
		b.WriteString("root refcnt 2 ")
	} else {
		fmt.Fprintf(&b, "parent %s ", class(q.Parent))
	}
	switch q.Kind {
	case "netem":
		state := q.Netem
		if q.Kept != (veth.Impairment{}) {
			state = q.Kept
		}
		b.WriteString(state.Netem())
	case "tbf":
		b.WriteString(p.tbf(q.TBF))
	case "codel", "fq_codel":
		b.WriteString(q.Queue.TC())
	case "pfifo":
		fmt.Fprintf(&b, "limit %dp", q.Limit)
	case "bfifo":
		b.WriteString("limit " + size(q.Limit))
	}
	return b.String() + "\n"
}

func (p *tc) tbf(s veth.Shaper) string {
	if !p.details {
		return s.String()
	}
	mpu, atm := s.MPU, s.ATM
	s.MPU, s.ATM = 0, false
	layer := map[bool]string{false: "ethernet", true: "atm"}[atm]
	return bursts.ReplaceAllString(s.String(), "$0/1 mpu "+size(mpu)) + "linklayer " + layer + " "
}

var bursts = regexp.MustCompile(`burst \S+`)

func class(id uint32) string {
	if id&0xffff == 0 {
		return fmt.Sprintf("%x:", id>>16)
	}
	return fmt.Sprintf("%x:%x", id>>16, id&0xffff)
}

// size is iproute2's print_size.
func size(n int) string { return veth.FormatSize(n) }

// counters is what -s adds. The root counts what happens below it, too; a child what it does
// itself.
func (p *tc) counters(list []sim.Qdisc, n int) string {
	if p.stats == 0 {
		return ""
	}
	q := list[n]
	s := q.Stats
	dropped, overlimits, requeues, waiting, bytes := s.Drops.Total(), s.Overlimits, s.Reordered, s.Waiting, s.WaitingBytes
	if n > 0 {
		dropped = s.Drops[drop.Limit] + s.Drops[drop.AQM] + s.Drops[drop.TooBig]
		if q.Kind == "netem" {
			dropped = s.Drops[drop.Loss] + s.Drops[drop.Limit]
		}
	}
	if q.Kind != "tbf" {
		overlimits = 0
	}
	if q.Kind != "netem" {
		requeues = 0
	}
	text := fmt.Sprintf(" Sent %d bytes %d pkt (dropped %d, overlimits %d requeues %d) \n backlog %s %dp requeues %d\n",
		s.SentBytes, s.Sent, dropped, overlimits, requeues, size(bytes), waiting, requeues)
	if q.Kind == "fq_codel" {
		text += fmt.Sprintf("  maxpacket %d drop_overlimit %d new_flow_count %d ecn_mark %d\n  new_flows_len %d old_flows_len %d\n",
			s.MaxPacket, s.DropOverlimit, s.NewFlows, s.Marked, s.FlowsNew, s.FlowsOld)
	}
	return text
}
