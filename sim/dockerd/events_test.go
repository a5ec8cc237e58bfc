package dockerd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told returns types and actions of events, a line each, in short.
func told(t *testing.T, text string) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(text) {
		var m dockerapi.EventMessage
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		list = append(list, m.Type[:1]+":"+m.Action)
	}
	return strings.Join(list, " ")
}

// TestEvents has the past, by filters, and what happens while a client listens.
func TestEvents(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		began := time.Now()
		require.NoError(t, web.Start())
		time.Sleep(time.Second)
		require.NoError(t, web.Kill())
		time.Sleep(time.Second)
		get := func(query, filter string) string {
			resp, text := ask(t, h, "GET", "/events?"+query+"&filters="+url.QueryEscape(filter), "")
			require.Equal(t, http.StatusOK, resp.StatusCode, text)
			return told(t, text)
		}
		all := fmt.Sprintf("since=%d&until=%d", began.Unix(), time.Now().Unix())
		require.Equal(t, "c:create n:connect c:start c:kill c:die n:disconnect", get(all, ""))
		require.Equal(t, "c:create n:connect c:start", get(fmt.Sprintf("until=%d", began.Unix()), ""))
		require.Equal(t, "c:kill c:die n:disconnect", get(fmt.Sprintf("since=%d.5&until=%d", began.Unix(), time.Now().Unix()), ""))
		require.Equal(t, "c:create c:start c:kill c:die", get(all, `{"type":["container"]}`))
		require.Equal(t, "c:start", get(all, `{"event":{"start":true},"container":{"web":true}}`))
		require.Equal(t, "n:connect n:disconnect", get(all, `{"network":["bridge"]}`))
		require.Equal(t, "c:create c:start c:kill c:die", get(all, `{"image":["test"]}`))
		require.Empty(t, get(all, `{"label":["a"]}`))

		resp, text := ask(t, h, "GET", "/events?since=2&until=1", "")
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
		require.Equal(t, "{\"message\":\"`since` time (2) cannot be after `until` time (1)\"}\n", text)

		require.NoError(t, web.Start())
		now := time.Now()
		id := newExec(t, h, dockerapi.ExecCreate{Detach: true, Cmd: []string{"both", "a"}})
		resp, _ = ask(t, h, "POST", "/exec/"+id+"/start", `{"Detach":true}`)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		time.Sleep(time.Second)
		exec := get(fmt.Sprintf("since=%d&until=%d", now.Unix(), now.Unix()+1), `{"event":["exec_create","exec_start","exec_die"]}`)
		require.Equal(t, "c:exec_create: both a c:exec_start: both a c:exec_die", exec)

		conn, err := dockerd.Dial(t.Context(), h)
		require.NoError(t, err)
		fmt.Fprint(conn, "GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
		resp, err = http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, web.Rename("www"))
		line, err := bufio.NewReader(resp.Body).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "c:rename", told(t, line))
		require.NoError(t, conn.Close())
	}, image("sleep"))
}

// TestEventsFromHeaders: a client that has the headers misses nothing any more.
func TestEventsFromHeaders(t *testing.T) {
	withWeb(t, func(t *testing.T, h http.Handler, web *sim.Container) {
		ctx, cancel := context.WithCancel(t.Context())
		w := &flushed{ResponseRecorder: httptest.NewRecorder(), first: func() {
			assert.NoError(t, web.Rename("www"))
			time.AfterFunc(time.Second, cancel)
		}}
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/events", nil))
		require.Equal(t, "c:rename", told(t, w.Body.String()))
	}, image("sleep"))
}

// flushed calls first when it is flushed first.
type flushed struct {
	*httptest.ResponseRecorder
	first func()
	once  sync.Once
}

func (f *flushed) Flush() { f.once.Do(f.first) }
