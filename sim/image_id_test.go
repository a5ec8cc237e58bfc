package sim_test

import (
	"testing"
	"testing/fstest"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// specOf asks for a container of an image of the host's.
func specOf(image string) dockerapi.ContainerCreate {
	return dockerapi.ContainerCreate{Config: dockerapi.Config{Image: image}}
}

// TestImageID: the ID of an image is that of its name and content, whatever the seed.
func TestImageID(t *testing.T) {
	t.Parallel()
	nginx := sim.Image{Name: "nginx", Cmd: []string{"nginx"}, Files: fstest.MapFS{"etc/motd": {Data: []byte("hello\n")}}}
	idOf := func(image sim.Image, opts ...sim.HostOption) sim.Image {
		h := simtest.NewHost(t, append(opts, sim.WithImages(image))...)
		got, ok := h.Image(image.Name)
		require.True(t, ok)
		c, err := h.CreateSpec("", specOf(image.Name))
		require.NoError(t, err)
		require.Equal(t, got.ID, c.Inspect().Image)
		return got
	}
	first := idOf(nginx, sim.WithSeed(1))
	require.Equal(t, first.ID, idOf(nginx, sim.WithSeed(2)).ID)
	require.EqualValues(t, 6, first.Size)
	seen := map[string]bool{first.ID: true}
	for _, change := range []func(*sim.Image){
		func(i *sim.Image) { i.Name = "nginx:1.19" },
		func(i *sim.Image) { i.Cmd = []string{"sh"} },
		func(i *sim.Image) { i.Env = []string{"A=1"} },
		func(i *sim.Image) { i.User = "app" },
		func(i *sim.Image) { i.Files = fstest.MapFS{"etc/motd": {Data: []byte("HELLO\n")}} },
	} {
		other := nginx
		change(&other)
		got := idOf(other)
		require.False(t, seen[got.ID], "%v", other)
		seen[got.ID] = true
	}
	sized := nginx
	sized.Size, sized.ID = 141_000_000, "f6d0b4767a6c"
	got := idOf(sized)
	require.Equal(t, "sha256:f6d0b4767a6c", got.ID[:19])
	require.EqualValues(t, 141_000_000, got.Size)
}

// TestImageKept: a container keeps the ID of its image when another one gets the name.
func TestImageKept(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithImages(sim.Image{Name: "app", Cmd: []string{"a"}}))
	c, err := h.CreateSpec("", specOf("app"))
	require.NoError(t, err)
	id := c.Summary().ImageID
	require.NoError(t, h.AddImage(sim.Image{Name: "app", Cmd: []string{"b"}}))
	require.Equal(t, id, c.Summary().ImageID)
	fresh, _ := h.Image("app")
	require.NotEqual(t, id, fresh.ID)
}

// TestPull has tags that a registry knows, and an image that comes back after its removal.
func TestPull(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t, sim.WithImages(
		sim.Image{Name: "nginx", Cmd: []string{"nginx"}, Size: 5, Tags: []string{"1.*", "stable"}}, sim.Image{Name: "own:v1"}, sim.Image{Name: "nginx:mine"},
	))
	for _, test := range []struct {
		name  string
		fresh bool
	}{
		{"nginx", false}, {"nginx:1.19", true}, {"docker.io/library/nginx:1.19", false}, {"nginx:stable", true}, {"own:v1", false}, {"nginx:mine", false},
	} {
		image, fresh, err := h.Pull(test.name)
		require.NoError(t, err, test.name)
		require.Equal(t, test.fresh, fresh, test.name)
		stored, ok := h.Image(test.name)
		require.True(t, ok)
		require.Equal(t, stored.ID, image.ID)
	}
	latest, _ := h.Image("nginx")
	tagged, _ := h.Image("nginx:1.19")
	require.NotEqual(t, latest.ID, tagged.ID)
	require.Equal(t, latest.Cmd, tagged.Cmd)
	require.Equal(t, latest.Size, tagged.Size)
	for _, name := range []string{"nginx", "own:v1", "nginx:mine"} {
		require.True(t, h.RemoveImage(name))
	}
	image, fresh, err := h.Pull("nginx")
	require.NoError(t, err)
	require.True(t, fresh)
	require.Equal(t, latest.ID, image.ID)
	for _, name := range []string{"nginx:2", "nginx:mine", "own:v1", "nosuch"} {
		_, _, err := h.Pull(name)
		require.ErrorIs(t, err, sim.ErrNotFound, name)
	}
	_, _, err = h.Pull("Nginx")
	require.ErrorIs(t, err, sim.ErrName)
	require.True(t, h.HasRepository("nginx"))
	require.False(t, h.HasRepository("own"))
}
