package ports

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// dockerLess is the relation by which Docker sorts.
func dockerLess(a, b Publication) bool {
	return a.First > b.First || a.Port.Number > b.Port.Number || a.Port.Number == b.Port.Number && a.Port.Proto == TCP
}

// TestPlanFollowsDocker checks that of two publications where Docker's relation has
// one first, and not also the other, it is first.
func TestPlanFollowsDocker(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var published []Publication
		seen := make(map[Port]bool)
		for range rng.IntN(8) {
			host := uint16(rng.IntN(5))
			p := Publication{Port: Port{uint16(1 + rng.IntN(5)), Proto(rng.IntN(2))}, First: host, Last: host}
			if !seen[p.Port] {
				seen[p.Port] = true
				published = append(published, p)
			}
		}
		plan, ports := Plan(published, []Port{{3, TCP}, {3, UDP}, {9, TCP}}, true)
		require.Subset(t, plan, published)
		require.Len(t, plan, len(ports))
		for i, a := range plan {
			require.Equal(t, a.Port, ports[i])
			for _, b := range plan[i+1:] {
				require.False(t, dockerLess(b, a) && !dockerLess(a, b), "%v before %v in %v", a, b, plan)
			}
		}

		// It does not depend on the order of different ports.
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
		{name: "a port goes where its highest goes", published: parse("1:80", "9:80", "5:443"),
			plan: parse("9:80", "1:80", "5:443"), ports: []Port{{80, TCP}, {443, TCP}}},
	} {
		plan, ports := Plan(test.published, test.exposed, test.all)
		require.Equal(t, test.plan, plan, test.name)
		require.Equal(t, test.ports, ports, test.name)
	}
}
