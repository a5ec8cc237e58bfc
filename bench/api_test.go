package bench

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An api is a client of Docker's HTTP API on a Unix socket.
type api struct{ client *http.Client }

func newAPI(b *testing.B, path string) *api {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	b.Cleanup(t.CloseIdleConnections)
	return &api{&http.Client{Transport: t}}
}

func (a *api) do(b *testing.B, method, path, body string) (status int, answer []byte) {
	req, err := http.NewRequestWithContext(b.Context(), method, "http://docker/v1.41"+path, strings.NewReader(body))
	require.NoError(b, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	require.NoError(b, err)
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	require.NoError(b, err)
	return resp.StatusCode, answer
}

func (a *api) status(b *testing.B, method, path string) int {
	status, _ := a.do(b, method, path, "")
	return status
}

func (a *api) post(b *testing.B, path, body string, want int) {
	status, answer := a.do(b, "POST", path, body)
	require.Equal(b, want, status, "%s", answer)
}

// id sends a request that makes something.
func (a *api) id(b *testing.B, path, body string) string {
	status, answer := a.do(b, "POST", path, body)
	require.Equal(b, 201, status, "%s", answer)
	var made struct{ ID string }
	require.NoError(b, json.Unmarshal(answer, &made))
	return made.ID
}

func (a *api) create(b *testing.B, body string) string { return a.id(b, "/containers/create", body) }

func (a *api) delete(b *testing.B, id string) {
	status, answer := a.do(b, "DELETE", "/containers/"+id+"?force=1", "")
	require.Equal(b, 204, status, "%s", answer)
}
