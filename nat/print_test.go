package nat

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStrings(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "anywhere", Network{}.String())
	assert.Equal(t, "*", Interface{}.String())
	assert.Equal(t, "all", Protocol{}.String())
	assert.Equal(t, "! docker+", Interface{"docker+", true}.String())
	assert.Equal(t, "! ipv6-icmp", Protocol{58, true}.String())
	assert.Equal(t, "200", Protocol{Number: 200}.String())
	assert.Equal(t, "! 10.0.3.0/255.0.255.0",
		Network{netip.MustParseAddr("10.0.3.0"), netip.MustParseAddr("255.0.255.0"), true}.String())
	assert.Equal(t, "-j REJECT", Rule{Target: Reject{}}.String(), "without a family")
}
