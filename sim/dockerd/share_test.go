package dockerd_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestHandlersShare: what was made by one Handler is there for another over the same host.
func TestHandlersShare(t *testing.T) {
	t.Parallel()
	host := simtest.NewHost(t)
	web := simtest.Run(t, host, "web", image("sleep"))
	one, other := dockerd.Handler(host), dockerd.Handler(host)
	id := newExec(t, one, dockerapi.ExecCreate{AttachStdout: true, Cmd: []string{"both", "a"}})
	require.Nil(t, inspectExec(t, other, id).ExitCode)
	require.Equal(t, []string{id}, web.Inspect().ExecIDs)
	resp, _ := ask(t, other, "POST", "/exec/"+id+"/start", `{"Detach":true}`)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	x, ok := host.Execution(id)
	require.True(t, ok)
	<-x.Done()
	require.Equal(t, 3, *inspectExec(t, one, id).ExitCode)
}

// TestStatuses are those that Docker 20.10.24 was recorded to answer with.
func TestStatuses(t *testing.T) {
	t.Parallel()
	host := simtest.NewHost(t, sim.WithImages(sim.Image{Name: "test", Cmd: []string{"sleep"}, Commands: programs}))
	h := dockerd.Handler(host)
	simtest.NewNetwork(t, host, "auto")
	for i, tt := range []struct {
		create string
		status int
	}{
		{`{"User":"nosuch"}`, 500},
		{`{"Cmd":["nosuch"]}`, 400},
		{`{"HostConfig":{"NetworkMode":"nosuch"}}`, 404},
		{`{"NetworkingConfig":{"EndpointsConfig":{"bridge":{"IPAMConfig":{"IPv4Address":"172.17.0.9"}}}}}`, 400},
		{`{"NetworkingConfig":{"EndpointsConfig":{"bridge":{"Aliases":["x"]}}}}`, 400},
		{`{"NetworkingConfig":{"EndpointsConfig":{"auto":{"IPAMConfig":{"IPv4Address":"172.18.0.9"}}}}}`, 400},
	} {
		path := fmt.Sprintf("/containers/c%d/start", i)
		body := `{"Image":"test",` + tt.create[1:]
		resp, text := ask(t, h, "POST", fmt.Sprintf("/containers/create?name=c%d", i), body)
		require.Equal(t, http.StatusCreated, resp.StatusCode, text)
		resp, text = ask(t, h, "POST", path, "")
		require.Equal(t, tt.status, resp.StatusCode, "%s: %s", tt.create, text)
	}
	simtest.Run(t, host, "web", image("sleep"))
	for spec, status := range map[string]int{`{"Cmd":["nosuch"]}`: 400, `{"Cmd":["true"],"User":"nosuch"}`: 500, `{"Cmd":["true"]}`: 200} {
		_, text := ask(t, h, "POST", "/containers/web/exec", spec)
		id := strings.Split(text, `"`)[3]
		resp, text := ask(t, h, "POST", "/exec/"+id+"/start", `{"Detach":true}`)
		require.Equal(t, status, resp.StatusCode, "%s: %s", spec, text)
	}
}

// TestPrune removes what is not used, and tells of it also where there is nothing.
func TestPrune(t *testing.T) {
	t.Parallel()
	host := simtest.NewHost(t, sim.WithImages(sim.Image{Name: "test", Size: 7}, sim.Image{Name: "used"}))
	h := dockerd.Handler(host)
	simtest.NewNetwork(t, host, "unused")
	ended := simtest.Run(t, host, "ended", image("both"))
	_, err := ended.Wait(t.Context())
	require.NoError(t, err)
	_, err = host.CreateSpec("keep", dockerapi.ContainerCreate{Config: dockerapi.Config{Image: "used", Labels: map[string]string{"keep": ""}}})
	require.NoError(t, err)
	s := host.Subscribe(time.Time{})
	defer s.Close()
	used, _ := host.Image("test")
	for _, tt := range []struct{ path, want, event string }{
		{"/containers/prune?filters={\"label!\":[\"keep\"]}", `{"ContainersDeleted":["` + ended.ID() + `"],"SpaceReclaimed":0}`, "container 0"},
		{"/networks/prune", `{"NetworksDeleted":["unused"]}`, "network 0"},
		{"/images/prune", `{"ImagesDeleted":null,"SpaceReclaimed":0}`, "image 0"},
		{"/images/prune?filters={\"dangling\":[\"false\"]}", `{"ImagesDeleted":[{"Untagged":"test:latest"},{"Deleted":"` + used.ID + `"}],"SpaceReclaimed":7}`, "image 7"},
		{"/networks/prune", `{"NetworksDeleted":null}`, "network 0"},
		{"/build/prune", `{"CachesDeleted":null,"SpaceReclaimed":0}`, "builder 0"},
	} {
		resp, text := ask(t, h, "POST", tt.path, "")
		require.Equal(t, http.StatusOK, resp.StatusCode, text)
		require.Equal(t, tt.want+"\n", text)
		for {
			e, err := s.Next(t.Context())
			require.NoError(t, err)
			if e.Action == "prune" {
				require.Equal(t, tt.event, e.Type+" "+e.Attributes["reclaimed"])
				require.Empty(t, e.ID)
				break
			}
		}
	}
}
