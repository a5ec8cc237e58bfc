package sim_test

import (
	"context"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// TestUser: commands have the user of the image, of the container or of Exec, whose home
// directory is in the files of the container.
func TestUser(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	image := sim.Image{Name: "app", User: "www-data", Cmd: []string{"serve"}, Commands: programs.With(command.Table{
		"who": func(_ context.Context, c *command.Call) int {
			c.Printf("%v %v %s", c.User, c.Process().User, c.Env[len(c.Env)-1])
			return 0
		},
	})}
	who := func(c interface {
		Exec(context.Context, string, ...string) *sim.Cmd
	}, user string) string {
		cmd := c.Exec(t.Context(), "who")
		cmd.User = user
		out, err := cmd.Output()
		if err != nil {
			require.ErrorIs(t, err, sim.ErrName)
			return err.Error()
		}
		return string(out)
	}
	web := simtest.Run(t, h, "web", sim.WithImage(image))
	require.Equal(t, "www-data", web.Inspect().Config.User)
	require.Equal(t, 33, web.Processes().List()[0].User.UID)
	require.Contains(t, web.Env(), "HOME=/var/www")
	for user, want := range map[string]string{
		"":         "{33 33 []} {33 33 []} HOME=/var/www",
		"0":        "{0 0 []} {0 0 []} HOME=/root",
		"1234:tty": "{1234 5 []} {1234 5 []} HOME=/",
		"nosuch":   "unable to find user nosuch: no matching entries in passwd file",
	} {
		require.Equal(t, want, who(web, user), user)
	}
	image.User = ""
	root := simtest.Run(t, h, "root", sim.WithImage(image))
	require.Equal(t, "{0 0 []} {0 0 []} HOME=/root", who(root, ""))
	f, err := root.FS().OpenFile("etc/passwd", 0x241, 0o644) // O_WRONLY, O_CREATE, O_TRUNC
	require.NoError(t, err)
	_, err = f.Write([]byte("app:x:7:8::/app:\n"))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	require.Equal(t, "{7 8 []} {7 8 []} HOME=/app", who(root, "app"))
	require.Equal(t, "{0 0 []} {0 0 []} HOME=/", who(root, ""), "no root in /etc/passwd")
}

// TestUserRefused: a container whose user is not there does not start.
func TestUserRefused(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	for _, image := range []sim.Image{small, {Name: "main", Main: untilStopped}} {
		c, err := h.CreateSpec("", dockerapi.ContainerCreate{Config: dockerapi.Config{User: "nosuch"}}, sim.WithImage(image))
		require.NoError(t, err)
		err = c.Start()
		require.ErrorIs(t, err, sim.ErrName)
		require.EqualError(t, err, "unable to find user nosuch: no matching entries in passwd file")
		s := c.State()
		require.Equal(t, "created 128 "+err.Error(), strings.Join([]string{s.Status, "128", s.Error}, " "))
		require.Equal(t, 128, s.ExitCode)
		require.False(t, c.IP().IsValid())
	}
}

// TestPID: a container has a process ID while it runs, another one each time, the same for the
// same seed.
func TestPID(t *testing.T) {
	t.Parallel()
	pids := func() (list []int) {
		h := simtest.NewHost(t, sim.WithSeed(7))
		c := simtest.Run(t, h, "web", sim.WithImage(small))
		list = append(list, c.State().Pid)
		require.NoError(t, c.Pause())
		list = append(list, c.State().Pid)
		require.NoError(t, c.Unpause())
		require.NoError(t, c.Kill())
		require.Zero(t, c.State().Pid)
		require.NoError(t, c.Start())
		return append(list, c.Inspect().State.Pid)
	}
	list := pids()
	require.Equal(t, list[0], list[1])
	require.NotEqual(t, list[0], list[2])
	require.Greater(t, min(list[0], list[2]), 1000)
	require.Equal(t, list, pids())
}
