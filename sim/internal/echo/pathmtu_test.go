package echo

import (
	"net/netip"
	"testing"
	"time"

	"drydock/internal/packet"

	"github.com/stretchr/testify/assert"
	"gvisor.dev/gvisor/pkg/tcpip"
)

// TestPathMTUs checks the bounds of what is believed.
func TestPathMTUs(t *testing.T) {
	t.Parallel()
	var p PathMTUs
	var now tcpip.MonotonicTime
	dst4, dst6 := packet.ToAddress(netip.MustParseAddr("10.0.0.2")), packet.ToAddress(netip.MustParseAddr("fd00::2"))
	assert.Zero(t, p.mtu(dst4, now))
	p.learn(dst4, 68, now)
	p.learn(dst6, 68, now.Add(time.Minute))
	assert.Equal(t, 552, p.mtu(dst4, now))
	assert.Equal(t, 1280, p.mtu(dst6, now))
	assert.Zero(t, p.mtu(dst4, now.Add(10*time.Minute)))
	p.learn(dst6, 1400, now.Add(10*time.Minute))
	assert.Equal(t, 1400, p.mtu(dst6, now))
	assert.Len(t, p.of, 1, "expired ones are forgotten")
	mtu, expires := p.Known(dst6, now.Add(12*time.Minute))
	assert.Equal(t, 1400, mtu)
	assert.Equal(t, 8*time.Minute, expires)
	p.Flush()
	assert.Zero(t, p.mtu(dst6, now.Add(12*time.Minute)))
}
