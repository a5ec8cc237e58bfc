package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "CT", begin: beginCT}, func(t nat.CT, _ column) (string, string) {
	return "CT", strings.Join(append([]string{"CT"}, t.Options()...), " ")
})

// beginCT reads
//
//	--notrack                                  as NOTRACK
//	--helper NAME                              one of the kernel's, with -p of its protocol
//	--ctevents new|related|destroy|reply|assured|protoinfo|helper|mark|natseqinfo|secmark,…
//	--expevents new
//	--zone, --zone-orig, --zone-reply ID|mark  the last of them counts
//
// of which --notrack alone has an effect here. --timeout is not here: its policies are made by
// other programs, and there are none.
func beginCT(*scope) *extension {
	var t nat.CT
	e := &extension{name: "CT", target: func() nat.Target { return t }}
	e.options = []option{
		flagOption("notrack", &t.NoTrack),
		{names: []string{"helper"}, set: func(value string, _ bool) error {
			t.Helper = value[:min(len(value), maxHelperName)]
			return nil
		}},
		{names: []string{"ctevents"}, set: func(value string, _ bool) (err error) {
			t.Events, err = parseEvents(value, nat.EventSecMark)
			return err
		}},
		{names: []string{"expevents"}, set: func(value string, _ bool) (err error) {
			t.ExpEvents, err = parseEvents(value, nat.EventNew)
			return err
		}},
	}
	zone := func(name string, dir nat.ZoneDirs) {
		e.options = append(e.options, option{names: []string{name}, set: func(value string, _ bool) error {
			return parseZone(&t.Zone, value, dir)
		}})
	}
	zone("zone-orig", nat.ZoneOriginal)
	zone("zone-reply", nat.ZoneReply)
	zone("zone", 0)
	return e
}

// maxHelperName is that of the kernel's xt_CT without its closing 0. What is longer is cut.
const maxHelperName = 15

// parseEvents reads "new,destroy", of which the last that is known is given.
func parseEvents(list string, last nat.CTEvents) (nat.CTEvents, error) {
	var set nat.CTEvents
	for name := range strings.SplitSeq(list, ",") {
		bit := nat.EventNew
		for ; bit <= last && bit.String() != name; bit <<= 1 {
		}
		if bit > last {
			return 0, wrong("Unknown event type \"%s\"", name)
		}
		set |= bit
	}
	return set, nil
}

// parseZone reads a number or "mark" over what another option has left. A zone by mark stays
// one, whatever follows.
func parseZone(z *nat.CTZone, s string, dir nat.ZoneDirs) error {
	z.Dir |= dir
	if z.ID = 0; strings.EqualFold(s, "mark") {
		z.Mark = true
		return nil
	}
	n, ok := parseUint(s, 0xffff)
	if !ok {
		return wrong("Cannot parse %s as a zone ID", s)
	}
	if !z.Mark {
		z.ID = uint16(n)
	}
	return nil
}
