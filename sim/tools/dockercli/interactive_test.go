package dockercli_test

import (
	"sync"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// A typist types to docker on the terminal of a host, and sees what it shows.
type typist struct {
	t     *testing.T
	cmd   *sim.Cmd
	typed *command.Pipe
	shown writer
}

// A writer is no io.ReaderFrom as a bytes.Buffer is, which has again what it had when it
// reads on.
type writer struct {
	mu   sync.Mutex
	text []byte
}

func (w *writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	return len(b), nil
}

// take returns what was written since it was called last.
func (w *writer) take() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := string(w.text)
	w.text = nil
	return text
}

func newTypist(t *testing.T, h *sim.Host, args ...string) *typist {
	t.Helper()
	y := &typist{t: t, cmd: h.Exec(t.Context(), "docker", args...), typed: command.NewPipe()}
	y.cmd.TTY, y.cmd.Stdin, y.cmd.Stdout = true, y.typed, &y.shown
	require.NoError(t, y.cmd.Start())
	time.Sleep(time.Second)
	return y
}

// types types a text and returns what is shown in the second that follows.
func (y *typist) types(text string) string {
	y.t.Helper()
	y.shown.take()
	_, err := y.typed.Write([]byte(text))
	require.NoError(y.t, err)
	time.Sleep(time.Second)
	return y.shown.take()
}

// ends returns the status that docker ends with.
func (y *typist) ends() int {
	y.t.Helper()
	err := y.cmd.Wait()
	y.typed.CloseWrite()
	if err == nil {
		return 0
	}
	var status sim.ExitStatus
	require.ErrorAs(y.t, err, &status)
	return status.ExitCode()
}

// TestInteractive has docker on a terminal: a shell in a container is run, left, attached to
// and ended, and a command of exec interrupted.
func TestInteractive(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t, sim.WithCommands(tools.Default()), sim.WithImages(sim.Image{Name: "alpine", Cmd: []string{"sh"}, Env: []string{"PS1=# "}}))
		run := newTypist(t, h, "run", "-it", "--name", "web", "alpine")
		require.Equal(t, "echo $((6*7))\r\n42\r\n# ", run.types("echo $((6*7))\r"))
		run.cmd.Resize(50, 132)
		time.Sleep(time.Second)
		require.Equal(t, "stty size\r\n50 132\r\n# ", run.types("stty size\r"))
		require.Empty(t, run.types("\x10\x11"))
		require.Zero(t, run.ends())
		web, ok := h.Container("web")
		require.True(t, ok)
		require.True(t, web.Running())

		attach := newTypist(t, h, "attach", "web")
		require.Equal(t, "echo hi\r\nhi\r\n# ", attach.types("echo hi\r"))
		require.Equal(t, "read escape sequence\r\n", attach.types("\x10\x11"))
		require.Equal(t, 1, attach.ends())

		sleep := newTypist(t, h, "exec", "-it", "web", "sleep", "100")
		require.Equal(t, "^C", sleep.types("\x03"))
		require.Equal(t, 130, sleep.ends())

		last := newTypist(t, h, "attach", "web")
		last.types("exit 3\r")
		require.Equal(t, 3, last.ends())
		again := newTypist(t, h, "start", "-ai", "web")
		again.types("exit 4\r")
		require.Equal(t, 4, again.ends())
		gone := newTypist(t, h, "run", "-it", "--rm", "--name", "gone", "alpine", "true")
		require.Zero(t, gone.ends())
		_, ok = h.Container("gone")
		require.False(t, ok)
	})
}

// TestDetach has the keys that leave a container, by the release of the host: 1.13 says nothing.
func TestDetach(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		release sim.Release
		want    string
		status  int
	}{{sim.Docker20, "read escape sequence\r\n", 1}, {sim.Docker113, "", 0}} {
		simtest.VirtualTime(t, func(t *testing.T) {
			h := simtest.NewHost(t, sim.WithEngine(test.release), sim.WithCommands(tools.Default()), sim.WithImages(sim.Image{Name: "alpine", Cmd: []string{"sh"}}))
			run := newTypist(t, h, "run", "-it", "--name", "web", "alpine")
			require.Empty(t, run.types("\x10\x11"))
			require.Zero(t, run.ends())
			for _, args := range [][]string{{"attach", "web"}, {"exec", "-it", "web", "cat"}} {
				docker := newTypist(t, h, args...)
				require.Equal(t, test.want, docker.types("\x10\x11"))
				require.Equal(t, test.status, docker.ends())
			}
		})
	}
}
