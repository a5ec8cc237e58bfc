package sim_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"drydock/dnsd"
	"drydock/nat/iptables"
	"drydock/sim"
	"drydock/sim/ping"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/veth"

	"github.com/stretchr/testify/require"
)

// A bad link delays and loses.
func bad(delay time.Duration, loss float64) veth.Impairment {
	return veth.Impairment{Delay: delay, Loss: veth.Loss{P: loss}}
}

// A scene is a host on a LAN in virtual time, all of whose frames are noted.
type scene struct {
	t    *testing.T
	lan  *sim.LAN
	host *sim.Host
	net  *sim.Network
	web  *sim.Container // serves echo on port 80, published as 8080; and 8081, 8082 and UDP 9090
	dns  *dnsd.Faults

	mu    sync.Mutex
	start time.Time
	lines []string
}

func newScene(t *testing.T) *scene {
	faults, err := dnsd.NewFaults(1)
	require.NoError(t, err)
	s := &scene{t: t, start: time.Now(), lan: simtest.NewLAN(t), dns: faults}
	s.host = simtest.NewHost(t, sim.WithSeed(1), sim.WithRepeatable(), sim.WithCommands(tools.Default()), sim.WithResolver(s.dns.Wrap), sim.WithUplink(s.lan, prefix("192.0.2.1/24")))
	s.net = simtest.NewNetwork(t, s.host, "net")
	s.host.Sniff(nil, func(f sim.Sniffed) {
		s.note("%v %v %v %s", f.Time.Sub(s.start), f.Place, f.Direction, hex.EncodeToString(f.Frame))
	})
	s.web = s.run("web", veth.Impairment{}, sim.WithPublish("8080:80", "8081:81", "8082:82", "9090:90/udp"))
	l, err := s.web.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return s
}

func (s *scene) run(name string, i veth.Impairment, opts ...sim.ContainerOption) *sim.Container {
	return simtest.Run(s.t, s.host, name, append(opts, sim.WithNetwork(s.net, sim.WithImpairment(i, i)))...)
}

func (s *scene) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// A dialer is a container or a machine.
type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// echo sends n bytes and reads them back.
func (s *scene) echo(from dialer, to string, n int) {
	c, err := from.DialContext(s.t.Context(), "tcp", to)
	if err != nil {
		s.note("%v", err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	var sent sync.WaitGroup
	sent.Go(func() { c.Write(make([]byte, n)) })
	got, err := io.ReadFull(c, make([]byte, n))
	s.note("%v: %d bytes, %v", time.Since(s.start), got, err)
	sent.Wait()
}

// echoUDP has web answer datagrams to port 90.
func (s *scene) echoUDP() {
	c, err := s.web.ListenPacket(s.t.Context(), "udp", ":90")
	require.NoError(s.t, err)
	go func() {
		b := make([]byte, 100)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(b[:n], from)
		}
	}()
}

func second(c net.Conn, err error) error {
	if err == nil {
		c.Close()
	}
	return err
}

// crowd has eight clients at once in so many containers, and two on the LAN.
func (s *scene) crowd(containers int, to string) {
	peer := simtest.NewMachine(s.t, sim.WithName("peer"), sim.WithSeed(2), sim.WithRepeatable(), sim.WithUplink(s.lan, prefix("192.0.2.2/24")))
	from := make([]dialer, containers)
	for i := range from {
		from[i] = s.run("c"+strconv.Itoa(i), bad(3*time.Millisecond, 0.03))
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for round := range 3 {
				s.echo(from[i%containers], to, 10000*(round+1)+i)
			}
		})
	}
	for i := range 2 {
		all.Go(func() { s.echo(peer, "192.0.2.1:8080", 20000+i) })
	}
	all.Wait()
}

// scenes are what is to repeat.
var scenes = map[string]func(s *scene){
	"one flow": func(s *scene) { s.echo(s.run("cli", bad(5*time.Millisecond, 0)), "web:80", 5) },
	"loss":     func(s *scene) { s.echo(s.run("cli", bad(5*time.Millisecond, 0.2)), "web:80", 20_000) },
	"bulk":     func(s *scene) { s.echo(s.run("cli", veth.Impairment{}), "web:80", 500_000) },
	"rate":     func(s *scene) { s.echo(s.run("cli", veth.Impairment{Rate: 10_000_000}), "web:80", 100_000) },
	"pings": func(s *scene) {
		stats, err := s.run("cli", bad(5*time.Millisecond, 0.2)).Ping(s.t.Context(), "web", &ping.Config{Count: 20})
		s.note("%+v %v", stats, err)
	},
	// What cables bring to a bridge without delay comes from many senders at one instant.
	"lossy": func(s *scene) {
		six := simtest.NewNetwork(s.t, s.host, "six", sim.WithSubnet(prefix("fd00:20::/64")))
		simtest.Run(s.t, s.host, "six", sim.WithNetwork(six))
		var all sync.WaitGroup
		for i := range 8 {
			c := simtest.Run(s.t, s.host, "c"+strconv.Itoa(i), sim.WithNetwork(six, sim.WithImpairment(veth.Lossy(0.2), veth.Impairment{})))
			all.Go(func() { c.Ping(s.t.Context(), "fd00:20::2", &ping.Config{Count: 5}) })
		}
		all.Wait()
	},
	"programs": func(s *scene) {
		cli := s.run("cli", bad(time.Millisecond, 0))
		for _, line := range []string{"dig web", "dig web cli", "host web", "nslookup web", "busybox nslookup web", "curl -sF a=b http://web/ -m 1"} {
			out, err := cli.Exec(s.t.Context(), "sh", "-c", line).CombinedOutput()
			s.note("%s %v", out, err)
		}
	},
	"three": func(s *scene) {
		cli, other := s.run("cli", bad(5*time.Millisecond, 0.05)), s.run("other", veth.Impairment{})
		for i := range 5 {
			s.echo(cli, "web:80", 20000*(i+1))
			other.Ping(s.t.Context(), "web", &ping.Config{Count: 2})
		}
	},
	"crowd by name":               func(s *scene) { s.crowd(8, "web:80") },
	"crowd by address":            func(s *scene) { s.crowd(8, s.web.Link(s.net).Addr().String()+":80") },
	"crowd, two in one container": func(s *scene) { s.crowd(4, "web:80") },
	"HTTP": func(s *scene) {
		l, err := s.web.Listen(s.t.Context(), "tcp", ":81")
		require.NoError(s.t, err)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })}
		go server.Serve(l)
		defer server.Close()
		var all sync.WaitGroup
		for i := range 4 {
			client := s.run("c"+strconv.Itoa(i), bad(time.Millisecond, 0.02)).HTTPClient()
			all.Go(func() {
				defer client.CloseIdleConnections()
				for n := range 5 {
					res, err := client.Get(fmt.Sprintf("http://web:81/%d", n))
					if err != nil {
						s.note("%v", err)
						continue
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
		}
		all.Wait()
	},
	// Those that wake up at one instant send in the order in which Go runs them. What bridges and
	// receivers see does not depend on it.
	sleepers: func(s *scene) {
		s.echoUDP()
		var all sync.WaitGroup
		for i := range 4 {
			c, err := s.run("c"+strconv.Itoa(i), veth.Impairment{}).DialContext(s.t.Context(), "udp", "web:90")
			require.NoError(s.t, err)
			all.Go(func() {
				time.Sleep(time.Until(s.start.Add(10 * time.Second)))
				for range 10 {
					c.Write([]byte{byte(i)})
					time.Sleep(time.Second)
				}
			})
		}
		all.Wait()
	},
	// Docker-proxy takes what the host and IPv6 ask of published ports.
	"proxy": func(s *scene) {
		for range 60 {
			s.echo(s.host, "127.0.0.1:8080", 10)
		}
		for _, to := range []string{"127.0.0.1:8082", "192.0.2.1:8080", "[::1]:8080", "172.18.0.1:8080"} {
			s.echo(s.host, to, 100_000)
		}
	},
	"proxy, UDP": func(s *scene) {
		s.echoUDP()
		var all sync.WaitGroup
		for i, to := range []string{"127.0.0.1:9090", "[::1]:9090", "192.0.2.1:9090", "172.18.0.1:9090"} {
			c, err := s.host.DialContext(s.t.Context(), "udp", to)
			require.NoError(s.t, err)
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				for range 5 {
					c.Write([]byte{byte(i)})
					c.Read(make([]byte, 10))
				}
				c.Close()
			})
		}
		all.Wait()
	},
	// The server speaks first and closes first; and it is killed while clients wait.
	"proxy, server ends": func(s *scene) {
		l, err := s.web.Listen(s.t.Context(), "tcp", ":81")
		require.NoError(s.t, err)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					fmt.Fprintln(c, "hello")
					if n, _ := c.Read(make([]byte, 1)); n == 0 {
						c.Close()
					}
				}()
			}
		}()
		var all sync.WaitGroup
		for i, to := range []string{"127.0.0.1:8081", "[::1]:8081", "172.18.0.1:8081", "192.0.2.1:8081"} {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				c, err := s.host.DialContext(s.t.Context(), "tcp", to)
				require.NoError(s.t, err)
				defer c.Close()
				if i%2 == 0 {
					c.(interface{ CloseWrite() error }).CloseWrite()
				} else {
					c.Write([]byte{1})
				}
				got, err := io.ReadAll(c)
				s.note("%s %v", got, err)
			})
		}
		time.Sleep(time.Second)
		s.web.Stop(s.t.Context())
		all.Wait()
	},
	"two families": func(s *scene) {
		both := simtest.NewNetwork(s.t, s.host, "both", sim.WithSubnet(prefix("172.30.0.0/16")), sim.WithSubnet(prefix("fd00:30::/64")))
		db := simtest.Run(s.t, s.host, "db", sim.WithNetwork(both))
		l, err := db.Listen(s.t.Context(), "tcp4", ":80")
		require.NoError(s.t, err)
		defer l.Close()
		require.NoError(s.t, iptables.Run(io.Discard, s.host.Firewall().IPv6(), "-I", "FORWARD", "-j", "DROP"))
		var all sync.WaitGroup
		for i := range 4 {
			c := simtest.Run(s.t, s.host, "c"+strconv.Itoa(i), sim.WithNetwork(both))
			all.Go(func() { s.note("%v", second(c.DialContext(s.t.Context(), "tcp", "db:80"))) })
		}
		all.Wait()
	},
	// What waits 50 ms comes in the nanosecond of others, were it not for turns.
	"slow names": func(s *scene) {
		require.NoError(s.t, s.dns.Set(dnsd.Fault{Name: "web", Rate: 1, Delay: 50 * time.Millisecond}, dnsd.Fault{Name: "none", Rate: 0.5, Action: dnsd.Drop}))
		var all sync.WaitGroup
		for i := range 4 {
			c := s.run("c"+strconv.Itoa(i), bad(50*time.Millisecond, 0.1))
			all.Go(func() { c.Ping(s.t.Context(), "172.18.0.2", &ping.Config{Count: 20, Interval: 50 * time.Millisecond}) })
			all.Go(func() {
				s.echo(c, "web:80", 1000)
				c.LookupNetIP(s.t.Context(), "ip", "none")
			})
		}
		all.Wait()
	},
	"restarts": func(s *scene) {
		for i := range 3 {
			s.run("again"+strconv.Itoa(i), veth.Impairment{}, sim.WithRestart("on-failure:3"), sim.WithImage(sim.Image{Name: "app", Main: func(ctx context.Context, c *sim.Container) error {
				s.echo(c, "web:80", 100)
				return errors.New("again")
			}}))
		}
		cli := s.run("cli", bad(50*time.Millisecond, 0))
		cli.Ping(s.t.Context(), "web", &ping.Config{Count: 20, Interval: 50 * time.Millisecond})
	},
	"proxy, many": func(s *scene) {
		var all sync.WaitGroup
		for i := range 6 {
			c := s.run("c"+strconv.Itoa(i), bad(3*time.Millisecond, 0.03))
			all.Go(func() {
				for n := range 3 {
					s.echo(c, "172.18.0.1:8080", 5000*n+i)
				}
			})
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				s.echo(s.host, "[::1]:8080", 20000+i)
			})
		}
		all.Wait()
	},
	"refused and silent": func(s *scene) {
		cli := s.run("cli", bad(5*time.Millisecond, 0.1))
		var all sync.WaitGroup
		for _, to := range []string{"web:81", "web:82", "192.0.2.77:80", "nobody:80"} {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(s.t.Context(), 7*time.Second)
				defer cancel()
				_, err := cli.DialContext(ctx, "tcp", to)
				s.note("%v: %v", time.Since(s.start), err)
			})
		}
		all.Wait()
	},
}

// play returns what a scene did.
func play(t *testing.T, name string) (lines []string) {
	simtest.VirtualTime(t, func(t *testing.T) {
		s := newScene(t)
		scenes[name](s)
		time.Sleep(3 * time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		lines = append(lines, s.lines...)
	})
	if name == sleepers {
		slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(place(a), place(b)) })
	}
	return lines
}

// place returns where a frame was seen.
func place(line string) string {
	_, place, _ := strings.Cut(line, " ")
	place, _, _ = strings.Cut(place, " (")
	place, _, _ = strings.Cut(place, " sent")
	place, _, _ = strings.Cut(place, " received")
	return place
}

// sleepers is a scene of which each place repeats by itself.
const sleepers = "sleepers"

func digest(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}

// repeats is how often a scene is played.
func repeats() int {
	if n, err := strconv.Atoi(os.Getenv("DRYDOCK_REPEATS")); err == nil {
		return n
	}
	if testing.Short() {
		return 2
	}
	return 3
}

// TestRepeatable plays each scene several times. All frames are the same, byte by byte and in
// one order. DRYDOCK_REPEATS=100 says how often.
func TestRepeatable(t *testing.T) {
	t.Parallel()
	for name := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && strings.HasPrefix(name, "crowd by") {
				t.Skip("thousands of frames")
			}
			first := play(t, name)
			require.Greater(t, len(first), 10)
			for range repeats() - 1 {
				requireSame(t, first, play(t, name))
			}
			fmt.Fprintln(t.Output(), "digest of", name+":", digest(first))
		})
	}
}

// requireSame shows where two runs part.
func requireSame(t *testing.T, first, again []string) {
	t.Helper()
	i := 0
	for i < min(len(first), len(again)) && first[i] == again[i] {
		i++
	}
	if i < max(len(first), len(again)) {
		require.Equal(t, first[max(0, i-5):min(len(first), i+5)], again[max(0, i-5):min(len(again), i+5)], "line %d of %d and %d", i, len(first), len(again))
	}
}

// TestRepeatableElsewhere plays the scenes in other processes, with one processor and with
// eight.
func TestRepeatableElsewhere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("plays all scenes twice more")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Skip("cannot start itself: ", err)
	}
	var digests []string
	for _, processors := range []string{"1", "8"} {
		cmd := exec.Command(exe, "-test.run", "^TestRepeatable$", "-test.v")
		cmd.Env = append(os.Environ(), "DRYDOCK_REPEATS=1", "GOMAXPROCS="+processors)
		out, err := cmd.Output()
		require.NoError(t, err, "%s", out)
		var lines []string
		for line := range strings.Lines(string(out)) {
			if _, digest, ok := strings.Cut(line, "digest of "); ok {
				lines = append(lines, digest)
			}
		}
		require.Len(t, lines, len(scenes))
		slices.Sort(lines)
		digests = append(digests, strings.Join(lines, ""))
	}
	require.Equal(t, digests[0], digests[1])
}
