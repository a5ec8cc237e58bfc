package dockerd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// programs are those of the containers here.
var programs = command.Table{
	"true": func(context.Context, *command.Call) int { return 0 },
	"both": func(_ context.Context, c *command.Call) int {
		c.Printf("out %s\n", strings.Join(c.Args[1:], " "))
		c.Errorf("err\n")
		return 3
	},
	"cat": func(ctx context.Context, c *command.Call) int {
		if _, err := io.Copy(c.Stdout, c.Stdin); err != nil {
			return command.Interrupted(ctx)
		}
		return 0
	},
	"sleep": func(ctx context.Context, _ *command.Call) int {
		select {
		case <-time.After(time.Hour):
			return 0
		case <-ctx.Done():
			return command.Interrupted(ctx)
		}
	},
	"talk": func(ctx context.Context, c *command.Call) int {
		for i := 0; ; i++ {
			c.Printf("line %d\n", i)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return command.Interrupted(ctx)
			}
		}
	},
	"size": func(ctx context.Context, c *command.Call) int {
		time.Sleep(time.Second)
		rows, columns := command.TerminalOf(c.Stdin).Size()
		c.Printf("%d %d\n", rows, columns)
		return 0
	},
}

// image returns an image that runs a command.
func image(words ...string) sim.ContainerOption {
	return sim.WithImage(sim.Image{Name: "test", Cmd: words, Commands: programs})
}

// A client is one on a stream.
type client struct {
	net.Conn
	in *bufio.Reader
}

func (c *client) Read(b []byte) (int, error) { return c.in.Read(b) }

func (c *client) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// upgrade takes a connection over as the command docker does.
func upgrade(t *testing.T, h http.Handler, path, body string) *client {
	t.Helper()
	conn, err := dockerd.Dial(t.Context(), h)
	require.NoError(t, err)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, len(body), body)
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	require.Equal(t, "application/vnd.docker.raw-stream", resp.Header.Get("Content-Type"))
	return &client{conn, in}
}

// demux reads frames to the end: what each stream had.
func demux(t *testing.T, r io.Reader) (out, err string) {
	t.Helper()
	var texts [3]bytes.Buffer
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err == io.EOF {
			return texts[1].String(), texts[2].String()
		} else {
			require.NoError(t, err)
		}
		_, err := io.CopyN(&texts[head[0]], r, int64(binary.BigEndian.Uint32(head[4:])))
		require.NoError(t, err)
	}
}

// newExec makes an exec of a command in container web and returns its ID.
func newExec(t *testing.T, h http.Handler, spec dockerapi.ExecCreate) string {
	t.Helper()
	body, err := json.Marshal(spec)
	require.NoError(t, err)
	resp, text := ask(t, h, "POST", "/containers/web/exec", string(body))
	require.Equal(t, http.StatusCreated, resp.StatusCode, text)
	var made dockerapi.IDResponse
	require.NoError(t, json.Unmarshal([]byte(text), &made))
	return made.ID
}

// inspectExec returns what is told of an exec.
func inspectExec(t *testing.T, h http.Handler, id string) (x dockerapi.Exec) {
	t.Helper()
	resp, text := ask(t, h, "GET", "/exec/"+id+"/json", "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, json.Unmarshal([]byte(text), &x))
	return x
}

// withWeb runs fn with a container "web" that runs a command.
func withWeb(t *testing.T, fn func(t *testing.T, h http.Handler, web *sim.Container), opts ...sim.ContainerOption) {
	t.Helper()
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		web, err := host.Create("web", opts...)
		require.NoError(t, err)
		fn(t, dockerd.Handler(host), web)
	})
}

// TestExec has the streams of a command, its status, and what is wrong.
func TestExec(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		resp, text := ask(t, h, "POST", "/containers/web/exec", `{"Cmd":["true"]}`)
		require.Equal(t, http.StatusConflict, resp.StatusCode)
		require.Equal(t, `{"message":"Container `+web.ID()+` is not running"}`+"\n", text)
		require.NoError(t, web.Start())

		id := newExec(t, h, dockerapi.ExecCreate{AttachStdout: true, AttachStderr: true, Cmd: []string{"both", "a", "b"}})
		x := inspectExec(t, h, id)
		require.Nil(t, x.ExitCode)
		require.False(t, x.Running)
		c := upgrade(t, h, "/exec/"+id+"/start", `{"Detach":false,"Tty":false}`+"\n")
		require.NoError(t, c.CloseWrite())
		out, errs := demux(t, c)
		require.Equal(t, "out a b\n", out)
		require.Equal(t, "err\n", errs)
		require.NoError(t, c.Close())
		x = inspectExec(t, h, id)
		require.Equal(t, 3, *x.ExitCode)
		require.Equal(t, []string{"a", "b"}, x.ProcessConfig.Arguments)

		c = upgrade(t, h, "/exec/"+id+"/start", `{}`)
		out, _ = demux(t, c)
		require.Equal(t, "Error: Exec command "+id+" has already run\r\n", out)
		require.NoError(t, c.Close())

		id = newExec(t, h, dockerapi.ExecCreate{AttachStdout: true, Cmd: []string{"nosuch"}})
		c = upgrade(t, h, "/exec/"+id+"/start", `{}`)
		out, _ = demux(t, c)
		require.Equal(t, `OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown`+"\r\n", out)
		require.NoError(t, c.Close())
		require.Equal(t, 126, *inspectExec(t, h, id).ExitCode)

		id = newExec(t, h, dockerapi.ExecCreate{Detach: true, Cmd: []string{"both"}})
		resp, text = ask(t, h, "POST", "/exec/"+id+"/start", `{"Detach":true}`)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Empty(t, text)
		synctest.Wait()
		require.Equal(t, 3, *inspectExec(t, h, id).ExitCode)

		for path, want := range map[string]string{
			"/exec/nosuch/start": `{"message":"No such exec instance: nosuch"}` + "\n",
			"/exec/nosuch/json":  `{"message":"page not found"}` + "\n",
		} {
			resp, text = ask(t, h, "POST", path, `{}`)
			require.Equal(t, http.StatusNotFound, resp.StatusCode)
			require.Equal(t, want, text)
		}
	}, image("sleep"))
}

// TestExecInput sends input, the end of it with it.
func TestExecInput(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		require.NoError(t, web.Start())
		id := newExec(t, h, dockerapi.ExecCreate{AttachStdin: true, AttachStdout: true, Cmd: []string{"cat"}})
		c := upgrade(t, h, "/exec/"+id+"/start", `{}`)
		text := strings.Repeat("0123456789\n", 50_000)
		go func() {
			io.WriteString(c, text)
			c.CloseWrite()
		}()
		out, _ := demux(t, c)
		require.True(t, text == out, "%d bytes of %d", len(out), len(text))
		require.NoError(t, c.Close())
		require.Equal(t, 0, *inspectExec(t, h, id).ExitCode)
	}, image("sleep"))
}

// TestExecTTY types, interrupts, resizes and detaches.
func TestExecTTY(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		require.NoError(t, web.Start())
		spec := dockerapi.ExecCreate{AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, Cmd: []string{"cat"}}
		id := newExec(t, h, spec)
		c := upgrade(t, h, "/exec/"+id+"/start", `{"Tty":true}`)
		io.WriteString(c, "hi\r")
		synctest.Wait()
		io.WriteString(c, "\x03")
		text, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "hi\r\nhi\r\n^C", string(text))
		require.NoError(t, c.Close())
		require.Equal(t, 130, *inspectExec(t, h, id).ExitCode)

		spec.Cmd = []string{"size"}
		id = newExec(t, h, spec)
		c = upgrade(t, h, "/exec/"+id+"/start", `{"Tty":true}`)
		resp, _ := ask(t, h, "POST", "/exec/"+id+"/resize?h=30&w=100", "")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		text, err = io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "30 100\r\n", string(text))
		require.NoError(t, c.Close())

		spec.Cmd = []string{"cat"}
		id = newExec(t, h, spec)
		c = upgrade(t, h, "/exec/"+id+"/start", `{"Tty":true}`)
		io.WriteString(c, "a\x10b\x10")
		synctest.Wait()
		io.WriteString(c, "\x11")
		text, err = io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "a^Pb", string(text))
		require.NoError(t, c.Close())
		require.True(t, inspectExec(t, h, id).Running, "who detaches does not end it")
	}, image("sleep"))
}

// TestVanish has clients that go in the middle: nothing waits any more, and what they
// started goes on.
func TestVanish(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		require.NoError(t, web.Start())
		for _, path := range []string{"/containers/web/logs?follow=1&stdout=1"} {
			conn, err := dockerd.Dial(t.Context(), h)
			require.NoError(t, err)
			fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: docker\r\n\r\n", path)
			synctest.Wait()
			require.NoError(t, conn.Close())
		}
		for _, half := range []bool{false, true} {
			for _, stdin := range []bool{false, true} {
				c := upgrade(t, h, fmt.Sprintf("/containers/web/attach?stream=1&stdout=1&stdin=%v", stdin), "")
				if half {
					require.NoError(t, c.CloseWrite())
				}
				synctest.Wait()
				require.NoError(t, c.Close())

				id := newExec(t, h, dockerapi.ExecCreate{AttachStdin: stdin, AttachStdout: true, Cmd: []string{"sleep"}})
				c = upgrade(t, h, "/exec/"+id+"/start", `{}`)
				if half {
					require.NoError(t, c.CloseWrite())
				}
				synctest.Wait()
				require.NoError(t, c.Close())
				require.True(t, inspectExec(t, h, id).Running)
			}
		}
		require.True(t, web.Running())
	}, image("talk"))
}

// TestLogs has which lines are told, and how.
func TestLogs(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		require.NoError(t, web.Start())
		time.Sleep(2500 * time.Millisecond)
		get := func(query string) string {
			resp, text := ask(t, h, "GET", "/containers/web/logs?"+query, "")
			require.Equal(t, http.StatusOK, resp.StatusCode, text)
			out, errs := demux(t, strings.NewReader(text))
			require.Empty(t, errs)
			return out
		}
		began := time.Now().Add(-2500 * time.Millisecond)
		require.Equal(t, "line 0\nline 1\nline 2\n", get("stdout=1&tail=all"))
		require.Empty(t, get("stderr=1"))
		require.Empty(t, get("stdout=1&tail=0"))
		require.Equal(t, "line 2\n", get("stdout=1&tail=1"))
		require.Equal(t, "line 1\nline 2\n", get(fmt.Sprintf("stdout=1&since=%d.000000001", began.Unix())))
		require.Equal(t, "line 0\nline 1\n", get(fmt.Sprintf("stdout=1&until=%d", began.Unix()+1)))
		require.Equal(t, began.UTC().Format("2006-01-02T15:04:05.000000000Z")+" line 0\n", get(fmt.Sprintf("stdout=1&timestamps=1&until=%d", began.Unix())))
		time.AfterFunc(2*time.Second, func() { web.Kill() })
		require.Equal(t, "line 2\nline 3\nline 4\n", get("stdout=1&follow=1&tail=1"))

		resp, text := ask(t, h, "GET", "/containers/web/logs", "")
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
		require.Equal(t, `{"message":"Bad parameters: you must choose at least one stream"}`+"\n", text)
	}, image("talk"))
}

// TestAttach attaches before the start, and to what was written before.
func TestAttach(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		c := upgrade(t, h, "/containers/web/attach?stream=1&stdout=1&stderr=1&stdin=1", "")
		require.NoError(t, c.CloseWrite())
		synctest.Wait()
		resp, _ := ask(t, h, "POST", "/containers/web/start", "")
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
		out, errs := demux(t, c)
		require.Equal(t, "out x\n", out)
		require.Equal(t, "err\n", errs)
		require.NoError(t, c.Close())

		c = upgrade(t, h, "/containers/web/attach?logs=1&stderr=1", "")
		out, errs = demux(t, c)
		require.Empty(t, out)
		require.Equal(t, "err\n", errs)
		require.NoError(t, c.Close())

		conn, err := dockerd.Dial(t.Context(), h)
		require.NoError(t, err)
		fmt.Fprint(conn, "POST /containers/nosuch/attach HTTP/1.1\r\nHost: docker\r\n\r\n")
		text, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 404 Not Found\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nNo such container: nosuch\r\n", string(text))
		require.NoError(t, conn.Close())
	}, image("both", "x"))
}
