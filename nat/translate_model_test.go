package nat

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A natModel is what NAT does to a packet, without connections, checksums or hooks: rules
// for destinations, then for sources, the first that matches; and answers undone by
// looking up what went out.
type natModel struct {
	dnat, snat []natModelRule
	back       map[string]string // what answers look like: what they must become
}

type natModelRule struct {
	proto string
	port  uint16 // of the destination; 0: any
	addr  string
	to    uint16 // 0: the port stays
}

func (r natModelRule) matches(proto string, port uint16) bool {
	return r.proto == proto && (r.port == 0 || r.port == port)
}

func (r natModelRule) text(chain, target, option string) string {
	s := fmt.Sprintf("-t nat -A %s -p %s", chain, r.proto)
	if r.port != 0 {
		s += fmt.Sprintf(" -m %s --dport %d", r.proto, r.port)
	}
	s += fmt.Sprintf(" -j %s --%s %s", target, option, r.addr)
	if r.to != 0 {
		s += fmt.Sprintf(":%d", r.to)
	}
	return s
}

func flowLine(proto, src string, sport uint16, dst string, dport uint16) string {
	return fmt.Sprintf("%s %s:%d > %s:%d", proto, src, sport, dst, dport)
}

// translate returns what a packet becomes. Packets of the model never clash: each has a
// port of its own.
func (m *natModel) translate(proto, src string, sport uint16, dst string, dport uint16) string {
	nsrc, nsport, ndst, ndport := src, sport, dst, dport
	for _, r := range m.dnat {
		if r.matches(proto, dport) {
			ndst = r.addr
			if r.to != 0 {
				ndport = r.to
			}
			break
		}
	}
	for _, r := range m.snat {
		if r.matches(proto, ndport) {
			nsrc = r.addr
			break
		}
	}
	m.back[flowLine(proto, ndst, ndport, nsrc, nsport)] = flowLine(proto, dst, dport, src, sport)
	return flowLine(proto, nsrc, nsport, ndst, ndport)
}

func randomNATModel(rng *rand.Rand) *natModel {
	m := &natModel{back: make(map[string]string)}
	rule := func(net int, port bool) natModelRule {
		r := natModelRule{proto: []string{"tcp", "udp"}[rng.IntN(2)], addr: fmt.Sprintf("%d.0.0.%d", net, 20+rng.IntN(20))}
		if rng.IntN(3) > 0 {
			r.port = uint16(1 + rng.IntN(4))
		}
		if port && rng.IntN(2) == 0 {
			r.to = uint16(1 + rng.IntN(4))
		}
		return r
	}
	for range rng.IntN(6) {
		m.dnat = append(m.dnat, rule(99, true))
	}
	for range rng.IntN(6) {
		m.snat = append(m.snat, rule(10, false))
	}
	return m
}

// Random packets through random rules become what the model says, and so do their
// answers.
func TestTranslationModel(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		m := randomNATModel(rng)
		b := newBed(t)
		for _, r := range m.dnat {
			b.rules(r.text("PREROUTING", "DNAT", "to-destination"))
		}
		for _, r := range m.snat {
			b.rules(r.text("POSTROUTING", "SNAT", "to-source"))
		}
		for i := range 60 {
			proto := []string{"tcp", "udp"}[rng.IntN(2)]
			src, dst := fmt.Sprintf("172.17.0.%d", 2+rng.IntN(9)), fmt.Sprintf("88.0.0.%d", 1+rng.IntN(9))
			sport, dport := uint16(1000+i), uint16(1+rng.IntN(6))
			s := sample{proto: proto, src: fmt.Sprintf("%s:%d", src, sport), dst: fmt.Sprintf("%s:%d", dst, dport), flags: syn, data: make([]byte, rng.IntN(9))}
			out := b.passed(bedDocker0, s.bytes())
			require.NotNil(t, out)
			assertValid(t, out)
			require.Equal(t, m.translate(proto, src, sport, dst, dport), bare(out))

			answer := turned(out)
			want := m.back[bare(answer)]
			back := b.passed(bedEth0, answer)
			require.NotNil(t, back)
			assertValid(t, back)
			require.Equal(t, want, bare(back))
		}
	}
}

// bare is what a packet is without its flags.
func bare(packet []byte) string {
	s := dissect(packet)
	if s.proto == 6 {
		s.l4 = append([]byte(nil), s.l4...)
		s.l4[13] = 0
		text := s.String()
		return "tcp" + text[len("tcp "):]
	}
	return s.String()
}
