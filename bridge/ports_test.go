package bridge_test

import (
	"testing"

	"drydock/bridge"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

func TestNewErrors(t *testing.T) {
	t.Parallel()
	for text, tt := range map[string]struct {
		opt  bridge.Option
		want error
	}{
		"bridge br0: new: -1s: negative ageing time": {bridge.WithAging(-1e9), bridge.ErrAging},
		"bridge br0: new: 0: table size below one":   {bridge.WithTableSize(0), bridge.ErrTableSize},
	} {
		br, err := bridge.New("br0", tt.opt)
		assert.Nil(t, br)
		assert.ErrorIs(t, err, tt.want)
		assert.EqualError(t, err, text)
	}
}

func TestAddPortErrors(t *testing.T) {
	t.Parallel()
	attached := newCable()
	attached.Attach(nullDispatcher{})
	other := newWire()
	other.notEther = true
	tests := []struct {
		name string
		ep   stack.LinkEndpoint
		opts []bridge.PortOption
		want error
		text string
	}{
		{"p1", newCable(), nil, bridge.ErrExists, "bridge br0: add port p1: port exists"},
		{"p2", attached, nil, bridge.ErrAttached, "bridge br0: add port p2: endpoint is already attached"},
		{"p2", other, nil, bridge.ErrNotEthernet, "bridge br0: add port p2: not an Ethernet endpoint"},
		{"p2", newCable(), []bridge.PortOption{bridge.Local(macB)}, bridge.ErrLocalExists, "bridge br0: add port p2: bridge has a local port already"},
		{"p2", newCable(), []bridge.PortOption{bridge.WithStation(macA)}, bridge.ErrStation, "bridge br0: add port p2: 02:42:ac:11:00:02: station belongs to another port"},
		{"p2", newCable(), []bridge.PortOption{bridge.WithStation(macB), bridge.WithStation(macBridge)}, bridge.ErrStation, "bridge br0: add port p2: 02:42:6b:67:1f:ab: station belongs to another port"},
		{"p2", newCable(), []bridge.PortOption{bridge.WithStation(broadcast)}, bridge.ErrMAC, "bridge br0: add port p2: ff:ff:ff:ff:ff:ff: not the Ethernet address of a station"},
		{"p2", newCable(), []bridge.PortOption{bridge.Local(bridge.MAC{})}, bridge.ErrMAC, "bridge br0: add port p2: 00:00:00:00:00:00: not the Ethernet address of a station"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, 0)
			l.add("p1", bridge.WithStation(macA))
			l.add("docker0", bridge.Local(macBridge))
			before := l.table()
			was := tt.ep.IsAttached()

			p, err := l.bridge.AddPort(tt.name, tt.ep, tt.opts...)
			assert.Nil(t, p)
			assert.ErrorIs(t, err, tt.want)
			assert.EqualError(t, err, tt.text)
			var e *bridge.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.name, e.Port)

			assert.Equal(t, before, l.table(), "nothing changed")
			assert.Len(t, l.bridge.Ports(), 2)
			assert.Equal(t, was, tt.ep.IsAttached())
		})
	}
}

type nullDispatcher struct{ stack.NetworkDispatcher }

func TestPorts(t *testing.T) {
	t.Parallel()
	l := newLab(t, 2)
	l.add("docker0", bridge.Local(macBridge))
	var names []string
	for _, p := range l.bridge.Ports() {
		names = append(names, p.Name())
		assert.Same(t, l.bridge, p.Bridge())
		assert.Same(t, l.cables[p.Name()], p.Endpoint())
		assert.Equal(t, p.Name() == "docker0", p.Local())
		assert.True(t, p.Endpoint().IsAttached())
	}
	assert.Equal(t, []string{"p1", "p2", "docker0"}, names)
	assert.Equal(t, "br0", l.bridge.Name())
}

func TestRemovePort(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3)
	gone := l.add("p4", bridge.WithStation(macC))
	late := gone.attached()
	l.send("p4", frame{src: macA, dst: macB})
	l.send("p1", frame{src: macB, dst: macA})
	l.received()

	require.NoError(t, l.bridge.RemovePort("p4"))
	assert.False(t, gone.IsAttached())
	assert.Equal(t, []string{"02:42:ac:11:00:03 dev p1 master br0"}, l.table(), "its stations are forgotten")
	assert.Len(t, l.bridge.Ports(), 3)
	l.send("p1", frame{src: macB, dst: macA})
	out := l.received()
	assert.Len(t, out, 2)
	assert.NotContains(t, out, "p4")

	late.DeliverNetworkPacket(0, incoming(frame{src: macA, dst: broadcast}.bytes()))
	assert.Empty(t, l.received(), "a frame that comes too late is ignored")
	assert.Empty(t, l.port(macA))

	err := l.bridge.RemovePort("p4")
	assert.ErrorIs(t, err, bridge.ErrNotFound)
	assert.EqualError(t, err, "bridge br0: remove port p4: no such port")

	_, err = l.bridge.AddPort("p5", gone, bridge.WithStation(macC))
	require.NoError(t, err, "the endpoint and the station are free again")
	assert.Equal(t, "p5", l.port(macC))
}

// A removingClock removes a port when it is read, which is after a frame entered
// and before the bridge learns from it.
type removingClock struct {
	tcpip.Clock
	remove func()
}

func (c *removingClock) NowMonotonic() tcpip.MonotonicTime {
	if c.remove != nil {
		c.remove()
	}
	return c.Clock.NowMonotonic()
}

func TestFrameOfARemovedPortIsNotLearned(t *testing.T) {
	t.Parallel()
	clock := &removingClock{Clock: tcpip.NewStdClock()}
	l := newLab(t, 2, bridge.WithClock(clock))
	clock.remove = func() {
		clock.remove = nil
		assert.NoError(t, l.bridge.RemovePort("p1"))
	}
	l.send("p1", frame{src: macA, dst: broadcast})
	assert.Len(t, l.received(), 1, "the frame itself is still forwarded")
	assert.Empty(t, l.table())
}

func TestLocalPortCanBeReplaced(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	l.add("docker0", bridge.Local(macBridge))
	require.NoError(t, l.bridge.RemovePort("docker0"))
	l.add("docker1", bridge.Local(macC))
	assert.Equal(t, []string{"02:42:ac:11:00:04 dev docker1 master br0 permanent"}, l.table())
}

// A port can be removed while AddPort still attaches its endpoint: the endpoint
// ends up detached.
func TestRemovePortDuringAddPort(t *testing.T) {
	t.Parallel()
	l := newLab(t, 1)
	c := newCable()
	removed := make(chan error, 1)
	c.attaching = func() {
		c.attaching = nil
		started := make(chan struct{})
		go func() {
			close(started)
			removed <- l.bridge.RemovePort("p2")
		}()
		<-started
	}
	_, err := l.bridge.AddPort("p2", c)
	require.NoError(t, err)
	require.NoError(t, <-removed)
	assert.False(t, c.IsAttached())
	assert.Len(t, l.bridge.Ports(), 1)
}

func TestStaticReplacesLearned(t *testing.T) {
	t.Parallel()
	l := newLab(t, 2)
	l.send("p1", frame{src: macA, dst: broadcast})
	l.add("p3", bridge.WithStation(macA), bridge.WithStation(macA))
	assert.Equal(t, []string{"02:42:ac:11:00:02 dev p3 master br0 static"}, l.table())
	l.send("p1", frame{src: macA, dst: broadcast})
	assert.Equal(t, "p3", l.port(macA))
}

func TestClose(t *testing.T) {
	t.Parallel()
	l := newLab(t, 3)
	l.send("p1", frame{src: macA, dst: broadcast})
	l.bridge.Close()
	l.bridge.Close()
	assert.Empty(t, l.bridge.Ports())
	assert.Empty(t, l.table())
	for name, c := range l.cables {
		assert.False(t, c.IsAttached(), name)
	}
	_, err := l.bridge.AddPort("p4", newCable())
	assert.ErrorIs(t, err, bridge.ErrClosed)
	assert.ErrorIs(t, l.bridge.RemovePort("p1"), bridge.ErrNotFound)
}
