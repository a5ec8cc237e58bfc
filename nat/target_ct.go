package nat

import (
	"slices"
	"strconv"
	"strings"

	"drydock/nat/conntrack"
)

// CT says how a connection is to be tracked. With NoTrack it is NoTrack by another name. The
// rest is kept and shown, and packets go on as without it: connections have no zones and no
// helpers here, and nobody waits for their events.
type CT struct {
	NoTrack   bool
	Helper    string // one that a kernel has for the protocol of the rule
	Events    CTEvents
	ExpEvents CTEvents // EventNew alone
	Zone      CTZone
}

// A CTZone is where connections of equal tuples do not meet. The zero CTZone is none.
type CTZone struct {
	ID   uint16
	Mark bool     // the zone is the mark of the packet
	Dir  ZoneDirs // in which direction it counts; 0: in both
}

// ZoneDirs are the directions in which a zone counts.
type ZoneDirs uint8

const (
	ZoneOriginal ZoneDirs = 1 << iota // --zone-orig
	ZoneReply                         // --zone-reply
)

// CTEvents are what happens to connections, of which somebody may want to know.
type CTEvents uint16

const (
	EventNew CTEvents = 1 << iota
	EventRelated
	EventDestroy
	EventReply
	EventAssured
	EventProtoInfo
	EventHelper
	EventMark
	EventNATSeq
	EventSecMark
)

// ctEventNames are in the order of their bits.
var ctEventNames = []string{
	"new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark",
}

// ctHelpers are the protocols that each helper of the kernel is for, those of IPv4 and of
// both.
var ctHelpers = map[string]struct {
	protocols []uint8
	only4     bool
}{
	"ftp": {[]uint8{ianaTCP}, false}, "sane": {[]uint8{ianaTCP}, false}, "Q.931": {[]uint8{ianaTCP}, false},
	"tftp": {[]uint8{ianaUDP}, false}, "amanda": {[]uint8{ianaUDP}, false}, "RAS": {[]uint8{ianaUDP}, false},
	"H.245": {[]uint8{ianaUDP}, false}, "sip": {[]uint8{ianaTCP, ianaUDP}, false},
	"irc": {[]uint8{ianaTCP}, true}, "pptp": {[]uint8{ianaTCP}, true},
	"netbios-ns": {[]uint8{ianaUDP}, true}, "snmp": {[]uint8{ianaUDP}, true},
}

var _ = reserve("CT")

func (t CT) String() string {
	s := "-j CT"
	for _, o := range t.Options() {
		s += " --" + o
	}
	return s
}

// Options returns what the target says, "zone 5", in the order in which lists have it. Zone
// 0, which is where connections are without a zone, is not shown.
func (t CT) Options() []string {
	var all []string
	if t.NoTrack {
		all = append(all, "notrack")
	}
	if t.Helper != "" {
		all = append(all, "helper "+t.Helper)
	}
	if t.Events != 0 {
		all = append(all, "ctevents "+t.Events.String())
	}
	if t.ExpEvents != 0 {
		all = append(all, "expevents "+t.ExpEvents.String())
	}
	if z := t.Zone; z.Mark || z.ID != 0 {
		all = append(all, z.String())
	}
	return all
}

// String returns the zone as an option without its dashes, "zone-orig 5".
func (z CTZone) String() string {
	s := "zone"
	switch z.Dir {
	case ZoneOriginal:
		s += "-orig"
	case ZoneReply:
		s += "-reply"
	}
	if z.Mark {
		return s + " mark"
	}
	return s + " " + strconv.Itoa(int(z.ID))
}

// String returns the events as --ctevents has them.
func (e CTEvents) String() string {
	var names []string
	for i, name := range ctEventNames {
		if e&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

func (CT) place() place { return NoTrack{}.place() }

// checked asks for a helper as the kernel does, which looks for one unless nothing is
// tracked anyway.
func (t CT) checked(in setting) (Target, error) {
	const all = EventSecMark<<1 - 1
	if t.Events&^all != 0 || t.ExpEvents&^EventNew != 0 || t.Zone.Mark && t.Zone.ID != 0 {
		return nil, ErrValue
	}
	if t.Zone.Dir == ZoneOriginal|ZoneReply {
		t.Zone.Dir = 0
	}
	if t.Helper != "" && !t.NoTrack {
		h := ctHelpers[t.Helper]
		if in.proto.Not || h.only4 && in.v6 || !slices.Contains(h.protocols, in.proto.Number) {
			return nil, ErrHelper
		}
	}
	return t, nil
}

// apply leaves alone what is of a connection already, as NoTrack does.
func (t CT) apply(h *host, p *packet) verdict {
	if t.NoTrack && p.conn == nil {
		p.setRef(conntrack.Untracked)
	}
	return carryOn
}
