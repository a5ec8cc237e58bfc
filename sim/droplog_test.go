package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A dropLines keeps the lines of a log that tell of drops.
type dropLines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *dropLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

var dropLine = regexp.MustCompile(`msg="(dropped .*)" host=docker`)

func (l *dropLines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for _, m := range dropLine.FindAllStringSubmatch(l.b.String(), -1) {
		lines = append(lines, m[1])
	}
	l.b.Reset()
	return lines
}

// TestDropsAreSummedUp sends floods that rules drop, and counts the lines of the log.
func TestDropsAreSummedUp(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		var log dropLines
		host := simtest.NewHost(t, sim.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		web, db := simtest.Run(t, host, "web"), simtest.Run(t, host, "db")
		rule := func(args ...string) {
			require.NoError(t, iptables.Run(&strings.Builder{}, host.Firewall().IPv4(), args...))
		}
		send := func(n int, address string) {
			c, err := web.DialContext(context.Background(), "udp", address)
			require.NoError(t, err)
			defer c.Close()
			for range n {
				_, err = c.Write([]byte("hello"))
				require.NoError(t, err)
			}
			synctest.Wait()
		}
		rule("-I", "DOCKER-USER", "-d", db.IP().String(), "-p", "udp", "-j", "DROP")
		const by = " by -A DOCKER-USER -d 172.17.0.3/32 -p udp -j DROP"

		send(500, "172.17.0.3:53")
		assert.Equal(t, []string{"dropped 1 packet of udp from web (172.17.0.2) to db (172.17.0.3:53)" + by}, log.take(), "the first at once")
		time.Sleep(time.Second)
		send(1, "172.17.0.3:53")
		assert.Equal(t, []string{"dropped 499 packets of udp from web (172.17.0.2) to db (172.17.0.3:53)" + by}, log.take(), "then one a second")

		require.NoError(t, db.Rename("base"))
		for i := range 30 {
			send(1, fmt.Sprint("172.17.0.3:", 1000+i))
			time.Sleep(100 * time.Millisecond)
		}
		lines := log.take()
		assert.Len(t, lines, 2)
		assert.Equal(t, "dropped 11 packets of udp from web (172.17.0.2) to db (172.17.0.3:53) and others"+by, lines[0])
		assert.Equal(t, "dropped 10 packets of udp from web (172.17.0.2) to base (172.17.0.3:1010) and others"+by, lines[1])

		rule("-P", "INPUT", "DROP")
		send(1, "172.17.0.1:53")
		lines = log.take()
		assert.Equal(t, "dropped 1 packet of udp from web (172.17.0.2) to 172.17.0.1:53 by -P INPUT DROP", lines[len(lines)-1])
		send(2, "172.17.0.1:53")
		require.NoError(t, host.Close())
		assert.Equal(t, []string{"dropped 2 packets of udp from web (172.17.0.2) to 172.17.0.1:53 by -P INPUT DROP"}, log.take(), "the rest at the end")
	})
}

// TestDropLogIsBounded drops by more rules than the log has room for.
func TestDropLogIsBounded(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		var log dropLines
		host := simtest.NewHost(t, sim.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		web := simtest.Run(t, host, "web")
		const rules = 300
		for i := range rules {
			err := iptables.Run(&strings.Builder{}, host.Firewall().IPv4(), "-I", "INPUT", "-p", "udp", "--dport", fmt.Sprint(1000+i), "-j", "DROP")
			require.NoError(t, err)
		}
		conn, err := web.ListenPacket(context.Background(), "udp", ":0")
		require.NoError(t, err)
		defer conn.Close()
		for i := range 2 * rules {
			_, err := conn.WriteTo([]byte("hello"), &net.UDPAddr{IP: net.IPv4(172, 17, 0, 1).To4(), Port: 1000 + i%rules})
			require.NoError(t, err)
			if i%100 == 0 { // no queue may overflow
				synctest.Wait()
			}
		}
		synctest.Wait()
		assert.LessOrEqual(t, host.DropCauses(), 256)
		assert.Positive(t, host.DropCauses())
		var sum int
		require.NoError(t, host.Close())
		for _, line := range log.take() {
			var n int
			_, err := fmt.Sscanf(line, "dropped %d packet", &n)
			require.NoError(t, err)
			sum += n
		}
		assert.Equal(t, 2*rules, sum, "none is forgotten")
	})
}
