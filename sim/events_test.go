package sim_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// A watcher reads the events of a host.
type watcher struct {
	t *testing.T
	s *sim.Subscription
}

func watch(t *testing.T, h *sim.Host) watcher {
	s := h.Subscribe(time.Time{})
	t.Cleanup(s.Close)
	return watcher{t, s}
}

// seen returns what there was since the last call, as docker events prints it but for times
// and IDs.
func (w watcher) seen() (list []string) {
	done, cancel := context.WithCancel(w.t.Context())
	cancel()
	for {
		e, err := w.s.Next(done)
		if err != nil {
			require.ErrorIs(w.t, err, context.Canceled)
			return list
		}
		list = append(list, line(e))
	}
}

func line(e sim.Event) string {
	var attributes []string
	for _, name := range slices.Sorted(maps.Keys(e.Attributes)) {
		attributes = append(attributes, name+"="+e.Attributes[name])
	}
	return fmt.Sprintf("%s %s %s (%s)", e.Type, e.Action, e.ID, strings.Join(attributes, ", "))
}

var recordedEventRE = regexp.MustCompile(`(?m)^\d{4}-\S+Z ((?:container|network) .*)$`)

// TestEventsRecorded does what a recorded session did, and compares docker events.
func TestEventsRecorded(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("testdata/08-lifecycle.txt")
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(recorded), "docker network create ev\n")
	require.True(t, ok)
	var want []string
	for _, m := range recordedEventRE.FindAllStringSubmatch(text, -1) {
		want = append(want, m[1])
	}
	want = want[slices.IndexFunc(want, func(s string) bool { return strings.HasSuffix(s, "(name=ev, type=bridge)") }):]
	require.Len(t, want, 13)
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		w := watch(t, h)
		ev := simtest.NewNetwork(t, h, "ev")
		nginx := sim.Image{Name: "nginx", StopSignal: "SIGQUIT", Main: untilStopped}
		c := simtest.Run(t, h, "e1", sim.WithImage(nginx), sim.WithNetwork(ev), sim.WithPublish("8080:80"))
		bridge, _ := h.Network("bridge")
		require.NoError(t, c.Connect(bridge))
		require.NoError(t, c.Disconnect(bridge))
		require.NoError(t, c.Stop(t.Context()))
		require.NoError(t, c.Remove())
		require.NoError(t, ev.Remove())
		same := newIDs()
		got, all := w.seen(), strings.Join(want, "\n")
		require.Equal(t, all, same.rename(strings.Join(got, "\n"), all))
	})
}

// untilStopped is a main function that ends well.
func untilStopped(ctx context.Context, _ *sim.Container) error {
	<-ctx.Done()
	return nil
}

// TestEventOrder: the events of each action, in moby's order.
func TestEventOrder(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		w := watch(t, h)
		image := sim.Image{Name: "app", Main: untilStopped}
		c := simtest.Run(t, h, "web", sim.WithImage(image), sim.WithLabels("tier=front"))
		actions := func() string {
			var list []string
			for _, e := range w.seen() {
				action := strings.Fields(e)[1]
				for _, m := range attributeRE.FindAllStringSubmatch(e, -1) {
					action += "=" + m[1]
				}
				list = append(list, action)
			}
			return strings.Join(list, " ")
		}
		require.Equal(t, "create connect start", actions())
		deafOne := simtest.Run(t, h, "deaf", sim.WithImage(sim.Image{Name: "app", Main: deaf}))
		own := simtest.NewNetwork(t, h, "own")
		actions()
		for _, tt := range []struct {
			what string
			do   func() error
			want string
		}{
			{"stop", func() error { return c.Stop(t.Context()) }, "kill=15 die=0 disconnect stop"},
			{"stop once more", func() error { return c.Stop(t.Context()) }, ""},
			{"connect while stopped", func() error { return c.Connect(own) }, ""},
			{"start", c.Start, "connect connect start"},
			{"start once more", c.Start, ""},
			{"disconnect", func() error { return c.Disconnect(own) }, "disconnect disconnect"},
			{"pause", c.Pause, "pause"},
			{"unpause", c.Unpause, "unpause"},
			{"restart", func() error { return c.Restart(t.Context()) }, "kill=15 die=0 disconnect stop connect start restart"},
			{"rename", func() error { return c.Rename("app") }, "rename=/web"},
			{"signal", func() error { return c.Signal(command.SIGWINCH) }, "kill=28"},
			{"pause", c.Pause, "pause"},
			{"kill while paused", c.Kill, "kill=9 unpause die=137 disconnect"},
			{"disconnect while stopped", func() error { bridge, _ := h.Network("bridge"); return c.Disconnect(bridge) }, "disconnect"},
			{"rm", c.Remove, "destroy"},
			{"stop who does not", func() error { return deafOne.Stop(t.Context()) }, "kill=15 kill=9 die=137 disconnect stop"},
			{"start", deafOne.Start, "connect start"},
			{"rm -f", deafOne.ForceRemove, "kill=9 die=137 disconnect destroy"},
			{"network rm", own.Remove, "destroy"},
		} {
			require.NoError(t, tt.do(), tt.what)
			require.Equal(t, tt.want, actions(), tt.what)
		}
	})
}

var attributeRE = regexp.MustCompile(`(?:exitCode|signal|oldName)=([^,)]+)`)

// TestEventOfStart: what is told of containers that do not start, on networks of each kind.
func TestEventOfStart(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	simtest.Run(t, h, "first", sim.WithPublish("80:80"))
	w := watch(t, h)
	_, err := h.Run("second", sim.WithPublish("80:80"))
	require.Error(t, err)
	side := simtest.Run(t, h, "onhost", sim.WithHostNetwork())
	none := simtest.Run(t, h, "nonet", sim.WithNoNetwork())
	joined := simtest.Run(t, h, "joined", sim.WithNetworkOf(none))
	require.NoError(t, joined.Kill())
	require.NoError(t, side.Kill())
	var got []string
	for _, e := range w.seen() {
		id := strings.Fields(e)[2]
		got = append(got, regexp.MustCompile(`container=[0-9a-f]{64}`).ReplaceAllString(strings.Replace(e, " "+id, "", 1), "container"))
	}
	require.Equal(t, []string{
		"container create (name=second)",
		"network disconnect (container, name=bridge, type=bridge)",
		"container destroy (name=second)",
		"container create (name=onhost)",
		"network connect (container, name=host, type=host)",
		"container start (name=onhost)",
		"container create (name=nonet)",
		"network connect (container, name=none, type=null)",
		"container start (name=nonet)",
		"container create (name=joined)",
		"container start (name=joined)",
		"container kill (name=joined, signal=9)",
		"container die (exitCode=137, name=joined)",
		"container kill (name=onhost, signal=9)",
		"container die (exitCode=137, name=onhost)",
		"network disconnect (container, name=host, type=host)",
	}, got)
}

// TestEventsSince: past events, and what they look like in the API.
func TestEventsSince(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		c, err := h.Create("web", sim.WithImage(sim.Image{Name: "nginx"}), sim.WithLabels("a=b"))
		require.NoError(t, err)
		time.Sleep(time.Second)
		middle := time.Now()
		c.LogEvent("exec_create: ls -l", map[string]string{"execID": "123"})
		h.LogImageEvent("nginx", "pull")
		h.LogImageEvent("no image", "pull")
		time.Sleep(time.Second)
		require.NoError(t, c.Rename("www"))
		for since, want := range map[time.Time]int{{}: 0, time.Unix(0, 0): 4, middle: 3, time.Now(): 1, time.Now().Add(1): 0} {
			s := h.Subscribe(since)
			require.Len(t, watcher{t, s}.seen(), want)
			s.Close()
		}
		s := h.Subscribe(middle)
		defer s.Close()
		e, err := s.Next(t.Context())
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"status":"exec_create: ls -l","id":%q,"from":"nginx","Type":"container","Action":"exec_create: ls -l",
			"Actor":{"ID":%[1]q,"Attributes":{"a":"b","execID":"123","image":"nginx","name":"web"}},"scope":"local","time":%d,"timeNano":%d}`,
			c.ID(), middle.Unix(), middle.UnixNano()), string(marshal(t, e.Message())))
		e.Attributes["name"] = "mine"
		e, err = s.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, "image pull nginx:latest (name=nginx)", line(e))
		require.Empty(t, e.Message().From)
		n := simtest.NewNetwork(t, h, "net")
		s.Next(t.Context())
		e, err = s.Next(t.Context())
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"Type":"network","Action":"create","Actor":{"ID":%q,"Attributes":{"name":"net","type":"bridge"}},"scope":"local","time":%d,"timeNano":%d}`,
			n.ID(), time.Now().Unix(), time.Now().UnixNano()), string(marshal(t, e.Message())))
	})
}

// TestEventsEnd: the sequence ends with its context, and with the host once all is told.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h, err := sim.NewHost(sim.WithSeed(1), sim.WithVirtualTime())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ranged := func(ctx context.Context) <-chan []string {
			told, events := make(chan []string, 1), h.Events(ctx)
			go func() {
				var actions []string
				for e := range events {
					actions = append(actions, e.Action)
				}
				told <- actions
			}()
			synctest.Wait()
			return told
		}
		late := h.Events(t.Context())
		canceled, all := ranged(ctx), ranged(t.Context())
		simtest.Run(t, h, "web")
		synctest.Wait()
		cancel()
		require.Equal(t, []string{"create", "connect", "start"}, <-canceled)
		s := h.Subscribe(time.Time{})
		require.NoError(t, h.Close())
		require.ElementsMatch(t, []string{"create", "connect", "start", "kill", "die", "disconnect"}, <-all)
		for e := range late {
			t.Error("an event before anybody looked", e)
		}
		for range 3 {
			_, err = s.Next(t.Context())
			require.NoError(t, err)
		}
		_, err = s.Next(t.Context())
		require.ErrorIs(t, err, sim.ErrClosed)
		require.True(t, errors.As(err, new(*sim.Error)))
		for range h.Events(ctx) {
			t.Error("an event after the end of the context")
		}
	})
}
