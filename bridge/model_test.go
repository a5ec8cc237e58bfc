package bridge_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"drydock/bridge"
)

// A model is a bridge as one would explain it: no concurrency, no speed. The
// bridge is compared with it.
type model struct {
	ports   []modelPort
	entries map[bridge.MAC]*modelEntry
	size    int
	aging   time.Duration
	now     time.Duration
	births  int
}

type modelPort struct {
	name                     string
	hairpin, isolated, local bool
	stations                 []bridge.MAC
}

type modelEntry struct {
	port   int
	static bool
	seen   time.Duration
	born   int
}

func newModel(size int, aging time.Duration, ports []modelPort) *model {
	m := &model{ports: ports, size: size, aging: aging, entries: map[bridge.MAC]*modelEntry{}}
	for i, p := range ports {
		for _, mac := range p.stations {
			m.entries[mac] = &modelEntry{port: i, static: true}
		}
	}
	return m
}

// forward returns the ports by which a frame leaves.
func (m *model) forward(in int, src, dst bridge.MAC) (out []int) {
	if src.IsGroup() || src == (bridge.MAC{}) {
		return nil
	}
	if !m.ports[in].local {
		m.learn(in, src)
		if prefix := [5]byte{0x01, 0x80, 0xc2}; [5]byte(dst[:5]) == prefix && dst[5] < 16 {
			return nil
		}
	}
	if e := m.entries[dst]; e != nil && !m.expired(e) {
		if m.may(in, e.port) {
			return []int{e.port}
		}
		return nil
	}
	for i, p := range m.ports {
		if m.may(in, i) && (!p.local || dst.IsGroup()) {
			out = append(out, i)
		}
	}
	return out
}

func (m *model) may(in, out int) bool {
	return (in != out || m.ports[in].hairpin) && !(m.ports[in].isolated && m.ports[out].isolated)
}

func (m *model) expired(e *modelEntry) bool { return !e.static && m.now-e.seen >= m.aging }

func (m *model) learn(in int, src bridge.MAC) {
	e := m.entries[src]
	if e == nil {
		if learned := m.learned(); len(learned) == m.size {
			delete(m.entries, slices.MinFunc(learned, func(x, y bridge.MAC) int {
				a, b := m.entries[x], m.entries[y]
				return cmp.Or(cmp.Compare(a.seen, b.seen), cmp.Compare(a.born, b.born))
			}))
		}
		m.births++
		e = &modelEntry{born: m.births}
		m.entries[src] = e
	}
	if !e.static {
		e.port, e.seen = in, m.now
	}
}

func (m *model) learned() []bridge.MAC {
	return slices.Collect(func(yield func(bridge.MAC) bool) {
		for mac, e := range m.entries {
			if !e.static && !yield(mac) {
				return
			}
		}
	})
}

func (m *model) flush() {
	maps.DeleteFunc(m.entries, func(_ bridge.MAC, e *modelEntry) bool { return !e.static })
}

// table returns which port leads to each station.
func (m *model) table() map[bridge.MAC]string {
	table := map[bridge.MAC]string{}
	for mac, e := range m.entries {
		if !m.expired(e) {
			table[mac] = m.ports[e.port].name
		}
	}
	return table
}
