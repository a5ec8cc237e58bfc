package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/report"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func record(t *testing.T, sources ...report.Source) *report.Recorder {
	t.Helper()
	rec, err := report.Record(sources...)
	require.NoError(t, err)
	t.Cleanup(rec.Stop)
	return rec
}

func pageOf(t *testing.T, rec *report.Recorder) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, rec.WriteReport(&b))
	return b.String()
}

// scene has a connection by a published port, one that a rule drops, a ping and one that is lost.
func scene(t *testing.T) *report.Recorder {
	l := newLab(t)
	rec := record(t, l.sources()...)
	listen(t, l.web, ":80")
	l.visit(t)
	l.web.LookupNetIP(t.Context(), "ip4", "db")
	l.rule(t, "-I DOCKER-USER -p tcp --dport 80 -j DROP")
	l.visit(t)
	ping1(t, &l.web.Netns, l.db.IP().String())
	require.NoError(t, l.db.Link(l.app).Impair(veth.Lossy(1), veth.Impairment{Delay: 20 * time.Millisecond}))
	ping1(t, &l.db.Netns, "172.18.0.1")
	return rec
}

func TestPage(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		rec := scene(t)
		page := pageOf(t, rec)
		for _, want := range []string{
			"⇒ 172.18.0.2:80</div><div class=\"out\">arrived</div>",
			"dropped at docker eth0: rule in FORWARD: -A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP",
			"dropped at db eth0: lost by impairment",
			"db on app: sends loss 100%, receives delay 20ms",
			"web asks for A db.: NOERROR 172.18.0.3",
			"<h1>client, LAN, docker</h1>\n<p>Recorded from 2000-01-01 00:00:00.000000 to 00:00:02.500000.",
			">00:00:02.500000</text></svg>",                                                // where the time line ends
			">eth0 192.168.0.47</text>", ">eth0 192.168.0.10</text>", ">172.18.0.1</text>", // in the topology
			">sends loss 100%</text>", ">receives delay 20ms</text>",
		} {
			assert.True(t, strings.Contains(page, want), want)
		}
		assert.Less(t, len(page), 100<<10)
		rec.SetTitle("TestPage <failed>")
		rec.Stop()
		time.Sleep(time.Second)
		page = pageOf(t, rec)
		assert.Contains(t, page, "<h1>TestPage &lt;failed&gt;</h1>\n<p>client, LAN, docker, recorded from ")
		assert.Contains(t, page, " to 00:00:02.500000.", "when it was stopped")
	})
}

// TestPageExplains has what people look for first: a name that is none, a listener that others do not
// reach, a neighbour that does not answer.
func TestPageExplains(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		app := simtest.NewNetwork(t, host, "app")
		web, db := simtest.Run(t, host, "web", sim.WithNetwork(app)), simtest.Run(t, host, "db", sim.WithNetwork(app))
		rec := record(t, host)
		l, err := db.Listen(t.Context(), "tcp", "127.0.0.1:5432")
		require.NoError(t, err)
		defer l.Close()
		web.DialContext(t.Context(), "tcp", "db:5432")
		web.DialContext(t.Context(), "tcp", "bd:5432")
		app.Partition([]*sim.Container{web}, []*sim.Container{db})
		simtest.Run(t, host, "new", sim.WithNetwork(app)).DialContext(t.Context(), "tcp", "172.18.0.99:1")
		time.Sleep(time.Second)
		page := pageOf(t, rec)
		for _, want := range []string{
			"no socket at db eth0 (a program listens on 127.0.0.1:5432 alone)",
			"web asks for A bd.: no answer", "DNS A bd.?", "ARP who has 172.18.0.99?",
		} {
			assert.True(t, strings.Contains(page, want), want)
		}
	})
}
