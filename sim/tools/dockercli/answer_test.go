package dockercli

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestExecRequests has the requests of docker exec, with and without -d.
func TestExecRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]http.HandlerFunc{
			"GET /containers/web/json":  answer(200, inspectPlain),
			"POST /containers/web/exec": answer(201, `{"Id":"e1"}`),
			"POST /exec/e1/start": takeOver(t, func(conn net.Conn, in io.Reader) {
				io.WriteString(conn, frame(1, "one ")+frame(2, "two "))
			}),
			"GET /exec/e1/json": answer(200, `{"ExitCode":7}`),
		})
		require.Equal(t, "one two exit status 7\n", f.output(t, "exec", "web", "true"))
		require.Equal(t, []string{"GET /containers/web/json", "POST /containers/web/exec", "POST /exec/e1/start", "GET /exec/e1/json"}, f.requests())
		f.routes["POST /exec/e1/start"] = answer(200, "")
		require.Empty(t, f.output(t, "exec", "-d", "web", "true"))
		require.Equal(t, "Error: No such container: nosuch\nexit status 1\n", f.output(t, "exec", "-it", "nosuch", "true"))
		require.Equal(t, "the input device is not a TTY\nexit status 1\n", f.output(t, "exec", "-it", "web", "true"))
	})
}

// TestBrokenDaemon has answers that are none.
func TestBrokenDaemon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]http.HandlerFunc{
			"GET /containers/json": answer(200, `[{"Id":`),
			"GET /networks":        answer(500, `{"message`),
			"GET /info":            func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"GET /events":          answer(200, `{"Type":"container","Action":"start","Actor":{"ID":"x","Attributes":{"b":"2","a":"1"}},"timeNano":1} {`),
			"POST /containers/x/wait": func(w http.ResponseWriter, r *http.Request) {
				answer(200, `{"StatusCode":0,"Error":{"Message":"gone"}}`)(w, r)
			},
		})
		require.Equal(t, "unexpected end of JSON input\nexit status 1\n", f.output(t, "ps"))
		require.Equal(t, "Error reading JSON: unexpected end of JSON input\nexit status 1\n", f.output(t, "network", "ls"))
		require.Contains(t, f.output(t, "info"), "ERROR: error during connect: ")
		require.Equal(t, "1970-01-01T00:00:00.000000001Z container start x (a=1, b=2)\nunexpected EOF\nexit status 1\n", f.output(t, "events"))
		require.Equal(t, "gone\nexit status 1\n", f.output(t, "wait", "x"))
		require.Equal(t, "Error: No such container: x\nexit status 1\n", f.output(t, "logs", "x"))
		require.Equal(t, "Error response from daemon: page not found\nexit status 1\n", f.output(t, "stop", "x"))
	})
}

// TestDemux has streams that are not as they should be.
func TestDemux(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                      "",
		frame(0, "a") + frame(2, "b"):           "a|b",
		frame(1, ""):                            "",
		frame(3, "no more"):                     "|error from daemon in stream: no more",
		"\x04\x00\x00\x00\x00\x00\x00\x00":      "|Unrecognized input header: 4",
		"\x01\x00\x00":                          "|unexpected EOF",
		frame(1, "abc")[:10]:                    "ab|EOF",
		"\x03\x00\x00\x00\xff\xff\xff\xffshort": "|error from daemon in stream: short",
	} {
		var out, errs strings.Builder
		err := demux(&out, &errs, strings.NewReader(text))
		if err != nil {
			errs.WriteString(err.Error())
		}
		got := out.String()
		if errs.Len() > 0 {
			got += "|" + errs.String()
		}
		require.Equal(t, want, got, "%q", text)
	}
}
