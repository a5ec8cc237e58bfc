package dockerd_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"

	"github.com/stretchr/testify/require"
)

// TestWait waits as docker run does, before the start.
func TestWait(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		begin := func(condition string) (status func() int64) {
			conn, err := dockerd.Dial(t.Context(), h)
			require.NoError(t, err)
			fmt.Fprintf(conn, "POST /v1.41/containers/web/wait?condition=%s HTTP/1.1\r\nHost: docker\r\n\r\n", condition)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err, "the headers come at once")
			require.Equal(t, http.StatusOK, resp.StatusCode)
			return func() int64 {
				var w dockerapi.WaitResponse
				require.NoError(t, json.NewDecoder(resp.Body).Decode(&w))
				require.Nil(t, w.Error)
				require.NoError(t, conn.Close())
				return w.StatusCode
			}
		}
		require.Zero(t, begin("")(), "it does not run")
		next, removed, vanished := begin("next-exit"), begin("removed"), begin("nonsense")
		require.Zero(t, vanished())
		require.NoError(t, web.Start())
		require.EqualValues(t, 3, next())
		require.EqualValues(t, 3, begin("not-running")())
		conn, err := dockerd.Dial(t.Context(), h)
		require.NoError(t, err)
		fmt.Fprint(conn, "POST /containers/web/wait?condition=next-exit HTTP/1.1\r\nHost: docker\r\n\r\n")
		synctest.Wait()
		require.NoError(t, conn.Close(), "a client that goes ends its request")
		resp, _ := ask(t, h, "DELETE", "/containers/web", "")
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
		require.EqualValues(t, 3, removed())
	}, image("both"))
}
