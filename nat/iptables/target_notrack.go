package iptables

import "drydock/nat"

// NOTRACK is another name of CT --notrack, the only option of CT that there is.
var (
	_ = registerTarget(targetKind{name: "NOTRACK", begin: beginNoTrack}, listNoTrack)
	_ = registerTarget(targetKind{name: "CT", begin: beginCT}, listNoTrack)
)

func beginNoTrack(*scope) *extension {
	return &extension{name: "NOTRACK", target: func() nat.Target { return nat.NoTrack{} }}
}

// beginCT insists on --notrack: without it CT would make a template of a connection
// (--zone, --helper, --timeout), of which there are none here.
func beginCT(*scope) *extension {
	off := false
	notrack := flagOption("notrack", &off)
	notrack.must = true
	return &extension{name: "CT", options: []option{notrack}, target: func() nat.Target { return nat.NoTrack{CT: true} }}
}

func listNoTrack(t nat.NoTrack, _ column) (name, text string) {
	if t.CT {
		return "CT", "CT notrack"
	}
	return "CT", "NOTRACK"
}
