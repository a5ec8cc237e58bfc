package dockerd_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"
	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestContainerList has which containers docker ps shows.
func TestContainerList(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		h := dockerd.Handler(host)
		n := simtest.NewNetwork(t, host, "net")
		create := func(name string, opts ...sim.ContainerOption) *sim.Container {
			time.Sleep(time.Second)
			c, err := host.Create(name, opts...)
			require.NoError(t, err)
			return c
		}
		create("made", image("true"))
		create("ended", image("both")).Start()
		time.Sleep(time.Second)
		web := create("web", image("sleep"), sim.WithPublish("8080:80"), sim.WithExpose("53/udp"), sim.WithLabels("tier=front", "x"))
		require.NoError(t, web.Start())
		db := create("db", image("sleep"), sim.WithNetwork(n), sim.WithLabels("tier=back"))
		require.NoError(t, db.Start())
		require.NoError(t, db.Pause())

		for _, tt := range []struct {
			query, filters string
			want           []string
		}{
			{"", "", []string{"/db", "/web"}},
			{"all=0", "", []string{"/db", "/web"}},
			{"all=1", "", []string{"/db", "/web", "/ended", "/made"}},
			{"limit=3", "", []string{"/db", "/web", "/ended"}},
			{"all=true", `{"name":{"e":true}}`, []string{"/web", "/ended", "/made"}},
			{"all=true", `{"name":{"^/e":true,"db":true}}`, []string{"/db", "/ended"}},
			{"", `{"id":["` + web.ID()[:12] + `"]}`, []string{"/web"}},
			{"", `{"status":["created","paused"]}`, []string{"/db", "/made"}},
			{"all=1", `{"exited":["3"]}`, []string{"/ended"}},
			{"all=1", `{"exited":["0"]}`, nil},
			{"", `{"label":["tier"]}`, []string{"/db", "/web"}},
			{"", `{"label":["tier=front","x"]}`, []string{"/web"}},
			{"", `{"label":["tier=front","y"]}`, nil},
			{"", `{"network":["net"]}`, []string{"/db"}},
			{"", `{"network":["` + n.ID()[:10] + `","bridge"]}`, []string{"/db", "/web"}},
			{"", `{"publish":["8000-9000"]}`, []string{"/web"}},
			{"", `{"publish":["80"]}`, nil},
			{"", `{"expose":["53/udp"]}`, []string{"/web"}},
			{"all=1", `{"before":["web"]}`, []string{"/ended", "/made"}},
			{"all=1", `{"since":["ended"]}`, []string{"/db", "/web"}},
			{"", `{"ancestor":["test:latest"]}`, []string{"/db", "/web"}},
			{"", `{"ancestor":["other"]}`, nil},
			{"", `{"volume":["v"]}`, nil},
			{"", `{"health":["none"]}`, []string{"/db", "/web"}},
			{"", `{"health":["healthy"]}`, nil},
			{"", `{"is-task":["false"]}`, []string{"/db", "/web"}},
			{"", `{"is-task":["true"]}`, nil},
		} {
			resp, text := ask(t, h, "GET", "/containers/json?"+tt.query+"&filters="+url.QueryEscape(tt.filters), "")
			require.Equal(t, http.StatusOK, resp.StatusCode, text)
			var list []dockerapi.ContainerSummary
			require.NoError(t, json.Unmarshal([]byte(text), &list))
			var names []string
			for _, c := range list {
				names = append(names, c.Names...)
			}
			require.Equal(t, tt.want, names, "%s %s", tt.query, tt.filters)
		}
	})
}

// TestListRefused has what lists and prune do not take.
func TestListRefused(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := dockerd.Handler(simtest.NewHost(t))
		for _, tt := range []struct {
			method, path, filters string
			status                int
			want                  string
		}{
			{"GET", "/containers/json", `{`, 500, "unexpected end of JSON input"},
			{"GET", "/containers/json", `{"nonsense":["a"]}`, 400, "Invalid filter 'nonsense'"},
			{"GET", "/containers/json", `{"status":["nonsense"]}`, 400, "Invalid filter 'status=nonsense'"},
			{"GET", "/containers/json", `{"exited":["a"]}`, 500, `strconv.Atoi: parsing "a": invalid syntax`},
			{"GET", "/containers/json", `{"health":["a"]}`, 400, "Unrecognised filter value for health: a"},
			{"GET", "/containers/json", `{"is-task":["a"]}`, 400, "Invalid filter 'is-task=[a]'"},
			{"GET", "/containers/json", `{"before":["a"]}`, 404, "no such container a"},
			{"GET", "/containers/json", `{"since":["b"],"before":["a"]}`, 404, "no such container a"},
			{"GET", "/containers/json", `{"publish":["a:b"]}`, 500, "filter for 'publish' should not contain ':': a:b"},
			{"GET", "/containers/json", `{"expose":["9-8"]}`, 500, "error while looking up for expose 9-8: Invalid range specified for the Port: 9-8"},
			{"GET", "/networks", `{"nonsense":["a"]}`, 400, "Invalid filter 'nonsense'"},
			{"GET", "/networks", `{"dangling":["a"]}`, 400, `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`},
			{"GET", "/networks", `{"type":["a"]}`, 500, "invalid filter: 'type'='a'"},
			{"POST", "/networks/prune", `{"a":["a"]}`, 400, "Invalid filter 'a'"},
			{"POST", "/containers/prune", `[`, 400, "unexpected end of JSON input"},
			{"POST", "/containers/prune", `{"until":["soon"]}`, 500, `failed to parse value as time or duration: "soon"`},
			{"POST", "/containers/prune", `{"until":["2006-01-02T15:04:0"]}`, 500, `parsing time "2006-01-02T15:04:0" as "2006-01-02T15:04:05": cannot parse "0" as "05"`},
			{"POST", "/containers/prune", `{"until":["1h","2h"]}`, 500, "more than one until filter specified"},
		} {
			resp, text := ask(t, h, tt.method, tt.path+"?filters="+url.QueryEscape(tt.filters), "")
			require.Equal(t, tt.status, resp.StatusCode, text)
			var e dockerapi.ErrorResponse
			require.NoError(t, json.Unmarshal([]byte(text), &e))
			require.Equal(t, tt.want, e.Message)
		}
	})
}

// TestNetworkList has which networks docker network ls shows, and prune removes.
func TestNetworkList(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		h := dockerd.Handler(host)
		resp, text := ask(t, h, "POST", "/networks/create", `{"Name":"a","Labels":{"keep":"1"}}`)
		require.Equal(t, http.StatusCreated, resp.StatusCode, text)
		time.Sleep(time.Hour)
		b := simtest.NewNetwork(t, host, "b")
		simtest.Run(t, host, "web", sim.WithNetwork(b))
		time.Sleep(time.Hour)
		simtest.NewNetwork(t, host, "c")
		list := func(filters string) (names []string) {
			resp, text := ask(t, h, "GET", "/networks?filters="+url.QueryEscape(filters), "")
			require.Equal(t, http.StatusOK, resp.StatusCode, text)
			var list []dockerapi.Network
			require.NoError(t, json.Unmarshal([]byte(text), &list))
			for _, n := range list {
				require.Empty(t, n.Containers)
				names = append(names, n.Name)
			}
			return names
		}
		require.Equal(t, []string{"a", "b", "bridge", "c", "host", "none"}, list(""))
		require.Equal(t, []string{"b", "bridge"}, list(`{"name":["b"]}`))
		require.Equal(t, []string{"a", "c"}, list(`{"dangling":["true"]}`))
		require.Equal(t, []string{"b", "bridge", "host", "none"}, list(`{"dangling":["0"]}`))
		require.Equal(t, []string{"bridge", "host", "none"}, list(`{"type":["builtin"]}`))
		require.Equal(t, []string{"host"}, list(`{"driver":["host"]}`))
		require.Equal(t, []string{"a"}, list(`{"label":["keep=1"]}`))
		require.Empty(t, list(`{"scope":["swarm"]}`))

		prune := func(filters string) string {
			resp, text := ask(t, h, "POST", "/networks/prune?filters="+url.QueryEscape(filters), "")
			require.Equal(t, http.StatusOK, resp.StatusCode, text)
			return text
		}
		require.Equal(t, `{"NetworksDeleted":null}`+"\n", prune(`{"until":["3h"]}`))
		require.Equal(t, `{"NetworksDeleted":null}`+"\n", prune(`{"until":["30m"],"label!":["keep"]}`))
		require.Equal(t, `{"NetworksDeleted":["a"]}`+"\n", prune(`{"label":["keep"]}`))
		require.Equal(t, `{"NetworksDeleted":["c"]}`+"\n", prune(""))
	})
}

// TestImagesOrder: the newest image is first, whenever the host got it.
func TestImagesOrder(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2022, 1, d, 0, 0, 0, 0, time.UTC) }
	h := simtest.NewHost(t, sim.WithImages(
		sim.Image{Name: "b", Created: day(2)}, sim.Image{Name: "c", Created: day(3)}, sim.Image{Name: "a", Created: day(1)}))
	for _, name := range []string{"b", "c", "a"} {
		_, _, err := h.Pull(name)
		require.NoError(t, err)
	}
	w := httptest.NewRecorder()
	dockerd.Handler(h).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/images/json", nil))
	require.Regexp(t, `(?s)"c:latest".*"b:latest".*"a:latest"`, w.Body.String())
}
