package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// A Mark is what packets are marked with that dockerd lets pass to all ports of containers: Docker 29's
// --bridge-accept-fwmark. The zero Mark is none.
type Mark struct {
	value, mask uint32
	given       bool
	masked      bool
}

// ParseMark parses "2" and "0x2/0x3"; "" is none. The error is dockerd's.
func ParseMark(text string) (m Mark, err error) {
	if text == "" {
		return Mark{}, nil
	}
	value, mask, masked := strings.Cut(text, "/")
	v, err := strconv.ParseUint(value, 0, 32)
	if err != nil {
		return Mark{}, fmt.Errorf("invalid bridge-accept-fwmark: invalid firewall mark %q: %w", text, err)
	}
	m = Mark{value: uint32(v), given: true, masked: masked}
	if masked {
		if v, err = strconv.ParseUint(mask, 0, 32); err != nil {
			return Mark{}, fmt.Errorf("invalid bridge-accept-fwmark: invalid firewall mask %q: %w", text, err)
		}
		m.mask = uint32(v)
	}
	return m, nil
}

// nft is what follows "meta mark ".
func (m Mark) nft() string {
	if m.masked {
		return fmt.Sprintf("and %d == %d", m.mask, m.value)
	}
	return fmt.Sprint(m.value)
}

func (m Mark) iptables() string {
	if m.masked {
		return fmt.Sprintf("%d/%d", m.value, m.mask)
	}
	return fmt.Sprint(m.value)
}

// SharedRules accept what has the mark.
func (docker29) SharedRules(n Network) []string {
	if !n.Daemon.AcceptMark.given || n.Daemon.Nftables || n.Internal {
		return nil
	}
	return n.forFamilies(func(Family) []string {
		return []string{"-I DOCKER-FORWARD -m mark --mark " + n.Daemon.AcceptMark.iptables() + " -j ACCEPT"}
	})
}
