package dockerd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// ask sends one request over a connection of its own and returns the answer and its body.
func ask(t *testing.T, h http.Handler, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	conn, err := dockerd.Dial(t.Context(), h)
	require.NoError(t, err)
	defer conn.Close()
	req, err := http.NewRequest(method, "http://docker"+path, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	require.NoError(t, req.Write(conn))
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

// TestDial has a connection in virtual time: kept alive, half closed, closed while a request
// waits.
func TestDial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				<-r.Context().Done()
				time.Sleep(time.Second)
				ended = true
			}
			fmt.Fprint(w, "answer")
		})
		conn, err := dockerd.Dial(t.Context(), handler)
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		for range 2 {
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			resp, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, "answer", string(text))
		}
		_, err = io.WriteString(conn, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, conn.Close())
		require.True(t, ended, "Close waits for the request")
		_, err = conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = conn.Write(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// TestDialDeadline has deadlines that pass, and are lifted and set while a read waits.
func TestDialDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn, err := dockerd.Dial(t.Context(), http.NotFoundHandler())
		require.NoError(t, err)
		defer conn.Close()
		b := make([]byte, 1)
		for _, wait := range []time.Duration{-time.Second, time.Second, time.Minute} {
			start := time.Now()
			require.NoError(t, conn.SetReadDeadline(start.Add(wait)))
			_, err := conn.Read(b)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			require.Equal(t, max(wait, 0), time.Since(start))
		}
		require.NoError(t, conn.SetDeadline(time.Time{}))
		start := time.Now()
		time.AfterFunc(time.Minute, func() { conn.SetReadDeadline(time.Now().Add(time.Minute)) })
		_, err = conn.Read(b)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, 2*time.Minute, time.Since(start))
	})
}

// TestSkeleton walks through the life of a container and of a network.
func TestSkeleton(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		simtest.Run(t, h, "web", sim.WithImage(sim.Image{Name: "nginx", Main: func(ctx context.Context, _ *sim.Container) error {
			<-ctx.Done()
			return ctx.Err()
		}}))
		api := dockerd.Handler(h)
		for _, tt := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{"GET", "/_ping", "", 200, "OK"},
			{"HEAD", "/v1.41/_ping", "", 200, ""},
			{"GET", "/v1.99/_ping", "", 400, `{"message":"client version 1.99 is too new. Maximum supported API version is 1.41"}` + "\n"},
			{"GET", "/v1.10/_ping", "", 400, "client version 1.10 is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version\n"},
			{"GET", "/nosuch", "", 404, `{"message":"page not found"}` + "\n"},
			{"POST", "/_ping", "", 404, `{"message":"page not found"}` + "\n"},
			{"GET", "/v1.41/containers/nosuch/json", "", 404, `{"message":"No such container: nosuch"}` + "\n"},
			{"POST", "/v1.41/containers/web/start", "", 304, ""},
			{"POST", "/v1.41/containers/web/stop?t=3", "", 204, ""},
			{"POST", "/v1.41/containers/web/stop", "", 304, ""},
			{"POST", "/v1.41/networks/create", `{"Name":"bridge"}`, 403, `{"message":"operation is not permitted on predefined bridge network"}` + "\n"},
			{"POST", "/v1.41/networks/create", `{"Name":`, 400, `{"message":"unexpected EOF"}` + "\n"},
			{"GET", "/v1.41/swarm", "", 503, `{"message":"This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again."}` + "\n"},
		} {
			resp, text := ask(t, api, tt.method, tt.path, tt.body)
			require.Equal(t, tt.status, resp.StatusCode, "%s %s: %s", tt.method, tt.path, text)
			require.Equal(t, tt.want, text)
		}
	})
}
