package dockerd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestServe ends requests and connections that were taken over, and awaits them.
func TestServe(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	path := filepath.Join(t.TempDir(), "sock")
	l, err := dockerd.Listen("unix", path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	ctx, cancel := context.WithCancel(context.Background())
	began, ended := make(chan struct{}, 2), make(chan struct{}, 2)
	done := make(chan error)
	go func() {
		done <- dockerd.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hijack" {
				conn, _, err := w.(http.Hijacker).Hijack()
				require.NoError(t, err)
				began <- struct{}{}
				io.Copy(io.Discard, conn)
			} else {
				began <- struct{}{}
				<-r.Context().Done()
			}
			ended <- struct{}{}
		}))
	}()
	for _, p := range []string{"/hijack", "/wait"} {
		conn, err := net.Dial("unix", path)
		require.NoError(t, err)
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: docker\r\n\r\n", p)
		<-began
	}
	cancel()
	require.NoError(t, <-done)
	require.Len(t, ended, 2)
	_, err = net.Dial("unix", path)
	require.Error(t, err)
}

// TestServeFails returns why the listener failed.
func TestServeFails(t *testing.T) {
	t.Parallel()
	l, err := dockerd.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.ErrorIs(t, dockerd.Serve(t.Context(), l, http.NotFoundHandler()), net.ErrClosed)
}

// TestListen refuses what others could reach, and what is there already.
func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:2375", "example.org:2375", "", "nonsense"} {
		_, err := dockerd.Listen("tcp", address)
		require.EqualError(t, err, "dockerd: "+address+" is not an address of loopback")
	}
	l, err := dockerd.Listen("tcp", "0.0.0.0:0", dockerd.WithBeyondLoopback())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = dockerd.Listen("udp", "127.0.0.1:0")
	require.Error(t, err)

	path := filepath.Join(t.TempDir(), "sock")
	l, err = dockerd.Listen("unix", path)
	require.NoError(t, err)
	_, err = dockerd.Listen("unix", path)
	require.Error(t, err, "somebody listens")
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	l, err = dockerd.Listen("unix", path)
	require.NoError(t, err, "nobody listens any more")
	require.NoError(t, l.Close())

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = dockerd.Listen("unix", file)
	require.Error(t, err)
	require.FileExists(t, file)
}

// TestServeHandler asks over a real connection, twice.
func TestServeHandler(t *testing.T) {
	t.Parallel()
	l, err := dockerd.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- dockerd.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	for _, p := range []string{"/a", "/b"} {
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: docker\r\n\r\n", p)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, p, string(text))
	}
	cancel()
	require.NoError(t, <-done)
	_, err = in.ReadByte()
	require.Error(t, err)
}

// TestServeVanish has clients on a socket that have closed one half and then vanish while the
// container is silent.
func TestServeVanish(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("no other system tells")
	}
	h := simtest.NewHost(t)
	simtest.Run(t, h, "web", image("sleep"))
	api := dockerd.Handler(h)
	id := newExec(t, api, dockerapi.ExecCreate{AttachStdout: true, Cmd: []string{"sleep"}})
	path := filepath.Join(t.TempDir(), "sock")
	l, err := dockerd.Listen("unix", path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended, done := make(chan struct{}), make(chan error)
	go func() {
		done <- dockerd.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			api.ServeHTTP(w, r)
			ended <- struct{}{}
		}))
	}()
	for _, request := range []string{"containers/web/attach?stream=1&stdout=1", "exec/" + id + "/start"} {
		for _, half := range []bool{true, false} {
			if half && strings.HasPrefix(request, "exec") {
				continue // it starts once
			}
			conn, err := net.Dial("unix", path)
			require.NoError(t, err)
			fmt.Fprintf(conn, "POST /%s HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", request)
			_, err = http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			if half {
				require.NoError(t, conn.(*net.UnixConn).CloseWrite())
			}
			select {
			case <-ended:
				require.Fail(t, "the client is there still")
			case <-time.After(20 * time.Millisecond):
			}
			require.NoError(t, conn.Close())
			<-ended
		}
	}
	cancel()
	require.NoError(t, <-done)
}
