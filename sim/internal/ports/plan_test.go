package ports

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlanIsWhole checks that every port is planned once, and that the order of different ports on
// the command line does not count.
func TestPlanIsWhole(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var published []Publication
		seen := make(map[Port]bool)
		for range rng.IntN(20) {
			host := uint16(rng.IntN(5))
			p := Publication{Port: Port{uint16(1 + rng.IntN(15)), Proto(rng.IntN(2))}, First: host, Last: host}
			if !seen[p.Port] {
				seen[p.Port] = true
				published = append(published, p)
			}
		}
		plan, ports := Plan(published, []Port{{3, TCP}, {3, UDP}, {9, TCP}}, true)
		require.Subset(t, plan, published)
		require.Len(t, plan, len(ports))
		for i, p := range plan {
			require.Equal(t, p.Port, ports[i])
		}
		rng.Shuffle(len(published), func(i, j int) { published[i], published[j] = published[j], published[i] })
		again, _ := Plan(published, []Port{{9, TCP}, {3, UDP}, {3, TCP}, {3, TCP}}, true)
		require.Equal(t, plan, again)
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	parse := func(specs ...string) (pubs []Publication) {
		for _, s := range specs {
			p, err := Parse(s)
			require.NoError(t, err)
			pubs = append(pubs, p...)
		}
		return pubs
	}
	for _, test := range []struct {
		name      string
		published []Publication
		exposed   []Port
		all       bool
		plan      []Publication
		ports     []Port
	}{
		{name: "nothing"},
		{name: "exposed ports are not published", exposed: []Port{{80, TCP}}, ports: []Port{{80, TCP}}},
		{name: "-P publishes them", exposed: []Port{{80, TCP}, {53, UDP}, {53, TCP}, {53, TCP}}, all: true,
			plan: parse("80", "53", "53/udp"), ports: []Port{{80, TCP}, {53, TCP}, {53, UDP}}},
		{name: "but not those that -p does", published: parse("8080:80"), exposed: []Port{{80, TCP}, {443, TCP}}, all: true,
			plan: parse("8080:80", "443"), ports: []Port{{80, TCP}, {443, TCP}}},
		{name: "of TCP the last one first", published: parse("1:80", "3:80", "2:80", "3:80"),
			plan: parse("3:80", "2:80", "3:80", "1:80"), ports: []Port{{80, TCP}}},
		{name: "of UDP the highest one first", published: parse("1:80/udp", "127.0.0.1:3:80/udp", "2:80/udp", "3:80/udp"),
			plan:  parse("127.0.0.1:3:80/udp", "3:80/udp", "2:80/udp", "1:80/udp"),
			ports: []Port{{80, UDP}}},
		{name: "a higher port, although its host port is lower: they are compared in the order of their text", published: parse("2000:80", "1000:90"),
			plan: parse("1000:90", "2000:80"), ports: []Port{{90, TCP}, {80, TCP}}},
		{name: "in the text 443 comes first, and stays there", published: parse("80:80", "443:443"),
			plan: parse("443:443", "80:80"), ports: []Port{{443, TCP}, {80, TCP}}},
		{name: "and leaves it for a higher host port", published: parse("443:443", "8080:80"),
			plan: parse("8080:80", "443:443"), ports: []Port{{80, TCP}, {443, TCP}}},
		{name: "a cycle is entered by the text", published: parse("300:80", "200:443", "100:9000"),
			plan: parse("100:9000", "300:80", "200:443"), ports: []Port{{9000, TCP}, {80, TCP}, {443, TCP}}},
		{name: "a port goes where its highest goes", published: parse("1:80", "9:80", "5:443"),
			plan: parse("9:80", "1:80", "5:443"), ports: []Port{{80, TCP}, {443, TCP}}},
	} {
		plan, ports := Plan(test.published, test.exposed, test.all)
		require.Equal(t, test.plan, plan, test.name)
		require.Equal(t, test.ports, ports, test.name)
	}
}
