package nat

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// UDP-Lite and DCCP keep their ports, but their checksums are about the addresses too.
func TestOtherChecksums(t *testing.T) {
	t.Parallel()
	for _, proto := range []uint8{ianaUDPLite, ianaDCCP} {
		for _, ends := range [][2]string{{"172.17.0.2", "10.0.0.9"}, {"fd17::2", "fd00::9"}} {
			s := sample{proto: "other", src: ends[0], dst: ends[1], data: []byte{0, 7, 0, 80, 0, 0, 0, 0, 1, 2, 3, 4}}
			src, dst := endpoint(s.src).Addr(), endpoint(s.dst).Addr()
			binary.BigEndian.PutUint16(s.data[6:], ^onesSum(pseudo(src, dst, proto, s.data)))
			packet := s.bytes()
			if src.Is6() {
				packet[6] = proto
			} else {
				packet = withProto(packet, proto)
			}
			b := newBed(t, "-t nat -A POSTROUTING -o eth0 -j MASQUERADE", "-6 -t nat -A POSTROUTING -o eth0 -j MASQUERADE")
			out := b.passed(bedDocker0, packet)
			require.NotNil(t, out)
			got := dissect(out)
			assert.Contains(t, []string{hostIP, hostIP6}, got.src.String())
			assert.EqualValues(t, 0xffff, onesSum(pseudo(got.src, got.dst, proto, got.l4)), "checksum of protocol %d from %s", proto, s.src)
		}
	}
}
