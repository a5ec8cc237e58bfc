package sim_test

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/capture"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/veth"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFaultsOnWhatIsGone are refused: nothing would come of them.
func TestFaultsOnWhatIsGone(t *testing.T) {
	t.Parallel()
	type healing = func() (func(), error)
	plain := func(fn func() error) healing { return func() (func(), error) { return nil, fn() } }
	later := veth.Schedule{{At: time.Hour}}
	capturing := func(o capture.Option) healing {
		return plain(func() error {
			c, err := capture.Start(new(bytes.Buffer), o)
			if err == nil {
				c.Stop()
			}
			return err
		})
	}
	lan, closedLAN := simtest.NewLAN(t), simtest.NewLAN(t)
	closed, host := simtest.NewHost(t), simtest.NewHost(t)
	a, b := simtest.NewMachine(t, sim.WithUplink(closedLAN, netip.MustParsePrefix("10.0.0.1/24"))), simtest.NewMachine(t, sim.WithUplink(closedLAN, netip.MustParsePrefix("10.0.0.2/24")))
	up := simtest.NewMachine(t, sim.WithUplink(lan, netip.MustParsePrefix("10.0.0.1/24")))
	was := simtest.NewNetwork(t, closed, "was")
	w := simtest.Run(t, closed, "ww", sim.WithNetwork(was))
	require.NoError(t, closed.Kill())
	require.NoError(t, up.Kill())
	require.NoError(t, closedLAN.Close())
	app, gone := simtest.NewNetwork(t, host, "app"), simtest.NewNetwork(t, host, "gone")
	removed := simtest.Run(t, host, "removed", sim.WithNetwork(app))
	link := removed.Link(app)
	require.NoError(t, removed.ForceRemove())
	require.NoError(t, gone.Remove())
	onHost := simtest.Run(t, host, "onhost", sim.WithHostNetwork())
	hostNet, _ := host.Network("host")
	none := veth.Impairment{}
	for name, tt := range map[string]struct {
		do   healing
		want error
	}{
		"link of a killed host":          {plain(func() error { return w.Link(was).Impair(none, none) }), sim.ErrClosed},
		"cut of one":                     {func() (func(), error) { return w.Link(was).Cut() }, sim.ErrClosed},
		"schedule of one":                {func() (func(), error) { return w.Link(was).Schedule(later, nil) }, sim.ErrClosed},
		"uplink of a killed machine":     {plain(func() error { return up.Uplink(lan).Impair(none, none) }), sim.ErrClosed},
		"network of a killed host":       {plain(func() error { return was.Impair(none, none) }), sim.ErrClosed},
		"its schedule":                   {func() (func(), error) { return was.Schedule(later, nil) }, sim.ErrClosed},
		"its partition":                  {func() (func(), error) { return was.Partition() }, sim.ErrClosed},
		"its block":                      {func() (func(), error) { return was.Block(w, closed) }, sim.ErrClosed},
		"isolate there":                  {w.Isolate, sim.ErrClosed},
		"cut off there":                  {w.CutOff, sim.ErrClosed},
		"capture of a killed host":       {capturing(capture.Machine(closed.Machine)), sim.ErrClosed},
		"capture of its container":       {capturing(capture.Container(w)), sim.ErrClosed},
		"capture of its network":         {capturing(capture.Network(was)), sim.ErrClosed},
		"closed LAN":                     {plain(func() error { return closedLAN.Impair(none, none) }), sim.ErrClosed},
		"its schedule, too":              {func() (func(), error) { return closedLAN.Schedule(nil, later) }, sim.ErrClosed},
		"its partition, too":             {func() (func(), error) { return closedLAN.Partition([]*sim.Machine{a}) }, sim.ErrClosed},
		"its block, too":                 {func() (func(), error) { return closedLAN.Block(a, b) }, sim.ErrClosed},
		"its block one way":              {func() (func(), error) { return closedLAN.PartitionOneWay([]*sim.Machine{a}, []*sim.Machine{b}) }, sim.ErrClosed},
		"its capture":                    {capturing(capture.LAN(closedLAN)), sim.ErrClosed},
		"partition of a removed one":     {func() (func(), error) { return app.Partition([]*sim.Container{removed}) }, sim.ErrNotFound},
		"link of a removed one":          {plain(func() error { return removed.Link(app).Impair(none, none) }), sim.ErrNotFound},
		"link that was of a removed one": {plain(func() error { return link.Impair(none, none) }), sim.ErrNotFound},
		"cut of a removed one":           {link.Cut, sim.ErrNotFound},
		"isolate a removed one":          {removed.Isolate, sim.ErrNotFound},
		"cut off a removed one":          {removed.CutOff, sim.ErrNotFound},
		"capture of a removed one":       {capturing(capture.Container(removed)), sim.ErrNotFound},
		"removed network":                {plain(func() error { return gone.Impair(none, none) }), sim.ErrNotFound},
		"its later schedule":             {func() (func(), error) { return gone.Schedule(later, nil) }, sim.ErrNotFound},
		"capture of a removed network":   {capturing(capture.Network(gone)), sim.ErrNotFound},
		"network host":                   {plain(func() error { return hostNet.Impair(none, none) }), sim.ErrPredefined},
		"link to network host":           {plain(func() error { return onHost.Link(hostNet).Impair(none, none) }), sim.ErrPredefined},
	} {
		_, err := tt.do()
		assert.ErrorIs(t, err, tt.want, name)
	}
}

// TestNilFunctions panic where they are given, not in a goroutine of the network.
func TestNilFunctions(t *testing.T) {
	t.Parallel()
	h, lan := simtest.NewHost(t), simtest.NewLAN(t)
	assert.PanicsWithValue(t, "sim: Sniff with a nil function", func() { h.Sniff(nil, nil) })
	assert.Panics(t, func() { lan.Sniff(nil, nil) })
	assert.Panics(t, func() { h.OnDrop(nil) })
	assert.Panics(t, func() { lan.OnDrop(nil) })
}

// TestBridgeTakesAnySize: a bridge asks for its MTU where it sends, not where it takes a frame for itself.
func TestBridgeTakesAnySize(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithSeed(1))
		c := simtest.Run(t, h, "cc")
		require.NoError(t, h.SetMTU("docker0", 1000))
		s, err := c.Ping(t.Context(), "172.17.0.1", &ping.Config{Count: 1, Size: 1400, PathMTU: ping.PathMTUDo})
		require.NoError(t, err)
		assert.Equal(t, 1, s.Received, "the answer comes in fragments")
	})
}
