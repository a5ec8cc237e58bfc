package bench

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/images"
	"drydock/sim/tools"

	"github.com/stretchr/testify/require"
)

// dockerHost is an emulated host with everything that docker needs.
func dockerHost(b *testing.B) *sim.Host {
	h, err := sim.NewHost(sim.WithCommands(tools.Default()), sim.WithImages(images.All()...))
	require.NoError(b, err)
	b.Cleanup(func() { h.Close() })
	return h
}

// serveDocker serves a host's API on a socket of the real machine, and returns its path.
func serveDocker(b *testing.B, h *sim.Host) string {
	path := filepath.Join(b.TempDir(), "docker.sock")
	l, err := dockerd.Listen("unix", path)
	require.NoError(b, err)
	served := make(chan error, 1)
	go func() { served <- dockerd.Serve(b.Context(), l, dockerd.Handler(h)) }()
	b.Cleanup(func() { <-served })
	return path
}

// BenchmarkDockerRun measures "docker run -d busybox sleep 100000", with the removal of the
// container outside of the time: by docker of package tools, by the requests that docker sends
// over a Unix socket, and by a Docker Engine, if one runs here that has an image busybox.
func BenchmarkDockerRun(b *testing.B) {
	b.Run("drydock", func(b *testing.B) {
		h := dockerHost(b)
		for b.Loop() {
			id, err := h.Exec(b.Context(), "docker", "run", "-d", "busybox", "sleep", "100000").Output()
			require.NoError(b, err)
			b.StopTimer()
			remove(b, h, strings.TrimSpace(string(id)))
			b.StartTimer()
		}
	})
	b.Run("drydock-socket", func(b *testing.B) {
		h := dockerHost(b)
		api := newAPI(b, serveDocker(b, h))
		for b.Loop() {
			id := api.create(b, `{"Image":"busybox","Cmd":["sleep","100000"]}`)
			api.post(b, "/containers/"+id+"/start", "", 204)
			b.StopTimer()
			remove(b, h, id)
			b.StartTimer()
		}
	})
	b.Run("docker-engine", func(b *testing.B) {
		api := realEngine(b)
		for b.Loop() {
			id := api.create(b, `{"Image":"busybox","Cmd":["sleep","100000"]}`)
			api.post(b, "/containers/"+id+"/start", "", 204)
			b.StopTimer()
			api.delete(b, id)
			b.StartTimer()
		}
	})
}

// BenchmarkExec measures a command that does nothing: Container.Exec, docker exec of package
// tools, and that of a Docker Engine by its API.
func BenchmarkExec(b *testing.B) {
	b.Run("drydock", func(b *testing.B) {
		h := dockerHost(b)
		c := sleeper(b, h)
		for b.Loop() {
			require.NoError(b, c.Exec(b.Context(), "true").Run())
		}
	})
	b.Run("drydock-docker", func(b *testing.B) {
		h := dockerHost(b)
		c := sleeper(b, h)
		for b.Loop() {
			require.NoError(b, h.Exec(b.Context(), "docker", "exec", c.Name(), "true").Run())
		}
	})
	b.Run("docker-engine", func(b *testing.B) {
		api := realEngine(b)
		id := api.create(b, `{"Image":"busybox","Cmd":["sleep","100000"]}`)
		api.post(b, "/containers/"+id+"/start", "", 204)
		defer api.delete(b, id)
		for b.Loop() {
			x := api.id(b, "/containers/"+id+"/exec", `{"Cmd":["true"]}`)
			api.post(b, "/exec/"+x+"/start", `{"Detach":false}`, 200)
		}
	})
}

func sleeper(b *testing.B, h *sim.Host) *sim.Container {
	image, ok := h.Image("busybox")
	require.True(b, ok)
	c, err := h.Run("sleeper", sim.WithImage(image), sim.WithCommand("sleep", "100000"))
	require.NoError(b, err)
	return c
}

func remove(b *testing.B, h *sim.Host, id string) {
	c, ok := h.Container(id)
	require.True(b, ok)
	require.NoError(b, c.ForceRemove())
}

// realEngine returns the API of a Docker Engine that runs here.
func realEngine(b *testing.B) *api {
	const path = "/var/run/docker.sock"
	conn, err := net.Dial("unix", path)
	if err != nil {
		b.Skip("no Docker Engine runs here: ", err)
	}
	conn.Close()
	a := newAPI(b, path)
	if a.status(b, "GET", "/images/busybox/json") != 200 {
		b.Skip("the Docker Engine that runs here has no image busybox")
	}
	return a
}
