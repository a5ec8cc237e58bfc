package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/report"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const evil = `<script>alert("1")</script>`

// TestHostileNames has markup wherever a name can come from.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		lan := simtest.NewLAN(t)
		host := simtest.NewHost(t)
		app := simtest.NewNetwork(t, host, "app")
		web := simtest.Run(t, host, "web", sim.WithNetwork(app), sim.WithLabels("name="+evil), sim.WithImage(sim.Image{Name: "evil"}))
		rec := record(t, host, lan)
		require.NoError(t, iptables.Run(io.Discard, host.Firewall().IPv4(), "-I", "INPUT", "-p", "icmp", "-m", "comment", "--comment", evil, "-j", "DROP"))
		host.LogEvent("network", evil, map[string]string{"name": evil + "\x1b[31m\u202e"})
		web.LookupNetIP(t.Context(), "ip4", evil+".example")
		listen(t, web, ":80")
		web.Ping(t.Context(), "172.18.0.1", nil)
		synctest.Wait()

		page := pageOf(t, rec)
		assert.Equal(t, 1, strings.Count(page, "<script"), "that of the page")
		assert.NotContains(t, page, "<img")
		assert.Contains(t, page, "&lt;script&gt;", "is shown as text")
		var texts bytes.Buffer
		require.NoError(t, report.WriteState(&texts, host))
		require.NoError(t, report.WriteDOT(&texts, host))
		for _, r := range texts.String() {
			if r < ' ' && r != '\n' || r == '\u202e' {
				t.Fatalf("%q in the texts", r)
			}
		}
		texts.Reset()
		require.NoError(t, rec.WriteSequence(&texts))
		wellFormed(t, &texts)
	})
}

func wellFormed(t *testing.T, r io.Reader) {
	t.Helper()
	for d := xml.NewDecoder(r); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPageIsBounded has more of everything than a page shows.
func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		l := newLab(t)
		for i := range 60 {
			simtest.Run(t, l.host, fmt.Sprint("c", i), sim.WithNetwork(l.app), sim.WithPublish("80"))
		}
		rec := record(t, l.sources()...)
		l.rule(t, "-I DOCKER-USER -p udp -j DROP")
		conn, err := l.web.DialContext(t.Context(), "udp", l.db.IP().String()+":9")
		require.NoError(t, err)
		defer conn.Close()
		for i := range 600 {
			fmt.Fprint(conn, "datagram ", i)
			time.Sleep(2 * time.Millisecond)
			if i%2 == 0 {
				ping1(t, &l.db.Netns, "172.18.0.1")
				require.NoError(t, l.web.Link(l.app).Impair(veth.Impairment{Delay: time.Millisecond}, veth.Impairment{}))
			}
		}
		page := pageOf(t, rec)
		assert.Less(t, len(page), 400<<10)
		assert.Equal(t, 200, strings.Count(page, `<tr class="p`))
		assert.Greater(t, strings.Count(page, `<tr class="p lostrow`), 79)
		assert.Contains(t, page, "of them left out")
		assert.Contains(t, page, "earlier ones are left out")
	})
}

// TestRecorder has a source twice, one that comes later, and what no source is.
func TestRecorder(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		_, err := report.Record()
		require.Error(t, err)
		host := simtest.NewHost(t)
		rec := record(t, host)
		require.NoError(t, rec.Add(host.Machine, simtest.NewLAN(t)))
		require.NoError(t, rec.Add(simtest.NewLAN(t)))
		assert.Contains(t, pageOf(t, rec), "LAN 2")
		require.Error(t, rec.Add(nil))
		require.ErrorIs(t, rec.WriteReport(failing{}), io.ErrClosedPipe)
		require.ErrorIs(t, rec.WriteCapture(failing{}), io.ErrClosedPipe)
		require.Error(t, rec.Save("/nowhere/at/all"))
		a := simtest.Run(t, host, "web")
		a.Ping(context.Background(), "127.0.0.1", nil)
		assert.Equal(t, 1, strings.Count(pageOf(t, rec), "ICMP echo request 1 "), "is seen once")
		rec.Stop()
		a.Ping(context.Background(), "127.0.0.1", nil)
		assert.Equal(t, 1, strings.Count(pageOf(t, rec), "ICMP echo request 1 "))
	})
}
