package nat

import "drydock/nat/conntrack"

// A manip is which end of packets is translated. A connection is translated at either end,
// or at both, and each is decided once.
type manip uint8

const (
	source manip = iota
	destination
)

// manip returns which end is translated at the hook (HOOK2MANIP).
func (h hook) manip() manip {
	if h == prerouting || h == output {
		return destination
	}
	return source
}

// translated and decided are the status bits about an end.
func (m manip) translated() conntrack.Status {
	if m == source {
		return conntrack.SrcNAT
	}
	return conntrack.DstNAT
}

// decided says that the end has been looked at, even if it is to stay as it is.
func (m manip) decided() conntrack.Status {
	if m == source {
		return conntrack.SrcNATDone
	}
	return conntrack.DstNATDone
}

// inDir returns which end of a connection is what m is of a packet in direction d.
func (m manip) inDir(d conntrack.Dir) manip {
	if d == conntrack.Reply {
		return 1 - m
	}
	return m
}
