package nat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSameSource: who got another port than its own has it towards others, too, as on Linux, unless
// ports are random.
func TestSameSource(t *testing.T) {
	bedOf := func(target string) *naptBed {
		return &naptBed{newBed(t, "-t nat -A POSTROUTING -o eth0 -j "+target), "udp"}
	}
	for target, want := range map[string]bool{
		"MASQUERADE": true, "SNAT --to-source 10.0.0.1": true, "SNAT --to-source 10.0.0.1-10.0.0.2 --persistent": true,
		"MASQUERADE --random": false, "MASQUERADE --random-fully": false,
	} {
		b := bedOf(target)
		b.port(inside1+":1000", remote1+":80")
		second := b.port(inside2+":1000", remote1+":80")
		same := 0
		for i := range 20 {
			if b.port(inside2+":1000", fmt.Sprintf("10.0.0.%d:80", 20+i)) == second {
				same++
			}
		}
		require.Equal(t, want, same == 20, target)
	}

	b := bedOf("MASQUERADE")
	b.port(inside1+":1000", remote1+":80")
	second := b.port(inside2+":1000", remote1+":80")
	b.proto = "tcp"
	require.Equal(t, "10.0.0.1:1000", b.port(inside2+":1000", remote2+":80"), "of another protocol")
	b.proto = "udp"
	clone, err := b.tables.Clone()
	require.NoError(t, err)
	tried := *b.bed
	tried.tables = clone
	out := tried.passed(bedDocker0, sample{proto: "udp", src: inside2 + ":1000", dst: remote2 + ":80"}.bytes())
	require.Equal(t, "udp "+second+" > "+remote2+":80", dissect(out).String(), "a clone knows it")
	b.clock.Advance(31 * time.Second)
	require.Equal(t, "10.0.0.1:1000", b.port(inside2+":1000", remote2+":80"), "none is left")

	// Where the port that it had is taken, it gets a third one.
	b = bedOf("MASQUERADE")
	b.port(inside1+":1000", remote1+":80")
	second = b.port(inside2+":1000", remote1+":80")
	_, port, _ := strings.Cut(second, ":")
	require.Equal(t, second, b.port("172.17.0.4:"+port, remote2+":80"))
	require.NotEqual(t, second, b.port(inside2+":1000", remote2+":80"))
}

// TestSourcesBounded: sources without a connection do not stay.
func TestSourcesBounded(t *testing.T) {
	b := &naptBed{newBed(t, "-t nat -A POSTROUTING -o eth0 -j MASQUERADE"), "udp"}
	for i := range 1000 {
		b.port(fmt.Sprintf("%s:%d", inside1, 2000+i), remote1+":80")
		b.clock.Advance(time.Second)
	}
	require.LessOrEqual(t, len(b.tables.sources.by), 128)
}
