package tools

import (
	"bytes"
	"strings"
	"testing"

	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIPRecordings(t *testing.T) {
	t.Parallel()
	m1 := container(t)
	m1.interfaces[1].Index, m1.interfaces[1].Peer, m1.interfaces[1].MTU = 2397, 2398, 1400
	m1.interfaces[1].MAC = mac(t, "02:42:ac:13:00:02")
	tests := []struct {
		file string
		run  func(*bytes.Buffer) error
	}{
		{"ip-addr-container.txt", func(w *bytes.Buffer) error { return IPAddr(w, container(t)) }},
		{"ip-addr-host.txt", func(w *bytes.Buffer) error { return IPAddr(w, host(t)) }},
		{"ip-link-mtu.txt", func(w *bytes.Buffer) error { return IPLink(w, m1, "eth0") }},
		{"ip-route-container.txt", func(w *bytes.Buffer) error { return IPRoute(w, container(t)) }},
		{"ip-route-host.txt", func(w *bytes.Buffer) error { return IPRoute(w, host(t)) }},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, tt.run(&out))
			// Addresses were new when it was recorded, and the LAN's interface
			// had a queue, as those that Docker makes have not.
			want := strings.ReplaceAll(golden(t, tt.file), "tentative ", "")
			want = strings.Replace(want, "state UP group default qlen 1000", "state UP group default ", 1)
			assert.Equal(t, want, out.String())
		})
	}
}

// TestIPIdle has docker0 without containers, as the recordings have it.
func TestIPIdle(t *testing.T) {
	t.Parallel()
	m := host(t)
	docker0 := &m.interfaces[2]
	docker0.Running, docker0.Addrs = false, docker0.Addrs[:1]
	var out bytes.Buffer
	require.NoError(t, IPAddr(&out, m, "docker0"))
	assert.Equal(t, `1784: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default 
    link/ether 02:42:6b:67:1f:ab brd ff:ff:ff:ff:ff:ff
    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
       valid_lft forever preferred_lft forever
`, out.String())
	out.Reset()
	require.NoError(t, IPRoute(&out, m))
	assert.Contains(t, out.String(), "172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown \n")
}

func TestIPUnknownDevice(t *testing.T) {
	t.Parallel()
	for _, run := range []func(w *bytes.Buffer) error{
		func(w *bytes.Buffer) error { return IPAddr(w, host(t), "nosuch") },
		func(w *bytes.Buffer) error { return IPLink(w, host(t), "nosuch") },
	} {
		var out bytes.Buffer
		assertStatus(t, 1, run(&out))
		assert.Equal(t, "Device \"nosuch\" does not exist.\n", out.String())
	}
}

// TestIPSimulated checks that both ends of a cable name each other.
func TestIPSimulated(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	c := simtest.Run(t, h, "web")
	eth0 := c.Interfaces()[1]
	var inside, outside, route bytes.Buffer
	require.NoError(t, IPAddr(&inside, c))
	require.NoError(t, IPLink(&outside, h))
	require.NoError(t, IPRoute(&route, c))
	port := h.Interfaces()[2]
	require.Equal(t, eth0.Peer, port.Index)
	assert.Contains(t, inside.String(), ": eth0@if")
	assert.Contains(t, outside.String(), ": "+port.Name+"@if")
	assert.Contains(t, outside.String(), " master docker0 state UP mode DEFAULT group default \n")
	assert.Equal(t, golden(t, "ip-route-container.txt"), route.String())
}
