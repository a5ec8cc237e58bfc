package sim_test

import (
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestImages finds images by what Docker takes for their names.
func TestImages(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithOptions(), sim.WithCommands(command.Table{}))
		require.NoError(t, h.AddImage(sim.Image{Name: "nginx", Env: []string{"A=1"}, ID: "3336fdaf451a"}))
		require.NoError(t, h.AddImage(sim.Image{Name: "training/webapp:v1"}))
		require.ErrorIs(t, h.AddImage(sim.Image{Name: "A b"}), sim.ErrName)
		for name, want := range map[string]string{
			"nginx": "nginx:latest", "docker.io/library/nginx:latest": "nginx:latest", "3336fdaf451a": "nginx:latest", "sha256:3336": "nginx:latest",
			"training/webapp:v1": "training/webapp:v1", "training/webapp": "", "x": "", "": "", "A b": "",
		} {
			image, ok := h.Image(name)
			require.Equal(t, want != "", ok, name)
			require.Equal(t, want, image.Name, name)
		}
		c, err := h.CreateSpec("web", dockerapi.ContainerCreate{Config: dockerapi.Config{Image: "docker.io/nginx"}})
		require.NoError(t, err)
		require.Equal(t, []string{"A=1"}, c.Image().Env)
		require.Equal(t, "docker.io/nginx", c.Inspect().Config.Image)
		require.Regexp(t, "^sha256:3336fdaf451a[0-9a-f]{52}$", c.Inspect().Image)

		require.NoError(t, h.AddImage(sim.Image{Name: "nginx:latest", Env: []string{"A=2"}}))
		require.Len(t, h.Images(), 2)
		require.Equal(t, "nginx:latest", h.Images()[0].Name)
		require.True(t, h.RemoveImage("nginx"))
		require.False(t, h.RemoveImage("nginx"))
		require.Equal(t, []string{"A=1"}, c.Image().Env)
	})
}
