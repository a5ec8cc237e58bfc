package dockerd_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"drydock/sim/dockerd"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// FuzzHandler sends requests of any kind: each has an answer that HTTP knows, and the
// host has what it had, or what was asked for.
func FuzzHandler(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "/v1.41/containers/json?all=1&limit=2&filters=%7B%22name%22%3A%7B%22we%22%3Atrue%7D%7D", ""},
		{"GET", `/containers/json?filters={"publish":["80-90/tcp"],"exited":["0"],"status":["running"]}`, ""},
		{"GET", `/networks?filters={"type":["custom"],"dangling":["1"]}`, ""},
		{"POST", "/containers/create?name=a", `{"Image":"x","Cmd":"date","HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"8080"}]},"Links":["web:w"]},"NetworkingConfig":{"EndpointsConfig":{"bridge":null}}}`},
		{"POST", "/networks/create", `{"Name":"n","IPAM":{"Config":[{"Subnet":"10.0.0.0/24","Gateway":"10.0.0.1"}]},"Options":{"a":"b"}}`},
		{"POST", "/networks/bridge/connect", `{"Container":"web","EndpointConfig":{"IPAMConfig":{"IPv4Address":"10.0.0.2"}}}`},
		{"POST", "/containers/web/exec", `{"Cmd":["true"],"DetachKeys":"ctrl-a,b"}`},
		{"GET", "/containers/web/logs?stdout=1&tail=3&since=1.5&until=9", ""},
		{"POST", "/containers/web/resize?h=1&w=99999999999", ""},
		{"POST", "/containers/web/kill?signal=WINCH", ""},
		{"POST", "/containers/prune?filters=%7B%22until%22%3A%5B%221h%22%5D%7D", ""},
		{"GET", "/v1.41.3/version", ""}, {"GET", "/v99999999999999999999.1/info", ""}, {"DELETE", "/containers/", ""},
		{"GET", "/events?since=0&until=1", ""}, {"GET", "/images/json?filters=%7B%22reference%22%3A%5B%22%5B%22%5D%7D", ""},
		{"POST", "/images/create?fromImage=nginx&tag=%00", ""}, {"GET", "/images/a%2Fb/json", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	h := simtest.NewHost(f)
	simtest.Run(f, h, "web")
	api := dockerd.Handler(h)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || waits(u) {
			return
		}
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method, r.URL = method, u
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		require.True(t, w.Code >= 200 && w.Code < 600, "%d", w.Code)
		if w.Code >= http.StatusBadRequest {
			require.NotEmpty(t, w.Body.String())
		}
		for c := range h.Containers() {
			if c.Name() != "web" {
				c.ForceRemove()
			}
		}
		for n := range h.Networks() {
			n.Remove()
		}
		if _, ok := h.Container("web"); !ok {
			simtest.Run(t, h, "web")
		}
	})
}

// waits reports whether an answer may take time by its nature.
func waits(u *url.URL) bool {
	for _, end := range []string{"/wait", "/events", "/logs", "/stop", "/restart", "/resize"} {
		if strings.HasSuffix(u.Path, end) {
			return u.Query().Get("until") == ""
		}
	}
	return false
}

// FuzzDetach compares what the program gets, byte by byte and at once.
func FuzzDetach(f *testing.F) {
	f.Add("abc\x10\x11def", "")
	f.Add("\x10\x10\x11", "ctrl-p,ctrl-q")
	f.Add("aab", "a,b")
	f.Fuzz(func(t *testing.T, typed, keys string) {
		whole, left := dockerd.ReadDetachable(typed, keys, len(typed)+1)
		bytes, leftToo := dockerd.ReadDetachable(typed, keys, 1)
		require.Equal(t, whole, bytes)
		require.Equal(t, left, leftToo)
		require.LessOrEqual(t, len(whole), len(typed))
		require.True(t, left || strings.HasPrefix(typed, whole))
	})
}
