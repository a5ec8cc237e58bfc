package dockercli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

const inspectPlain = `{"Id":"abc","State":{"Running":true},"Config":{"OpenStdin":true},"HostConfig":{}}`

// TestRunOrder has the requests of docker run in the order of docker's own, and what becomes
// of the streams and the status.
func TestRunOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		exited := make(chan struct{})
		var body map[string]any
		f := newFake(map[string]http.HandlerFunc{
			"POST /containers/create": func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
					t.Error(err)
				}
				answer(201, `{"Id":"abc","Warnings":["careful"]}`)(w, r)
			},
			"POST /containers/abc/attach": takeOver(t, func(conn net.Conn, in io.Reader) {
				text, _ := io.ReadAll(in)
				io.WriteString(conn, frame(1, "out:"+string(text))+frame(2, "err\n"))
				close(exited)
			}),
			"POST /containers/abc/wait":  later(exited, `{"StatusCode":3}`),
			"POST /containers/abc/start": answer(204, ""),
		})
		var out, errs bytes.Buffer
		status := f.run(t.Context(), &command.Call{Stdin: strings.NewReader("hello\n"), Stdout: &out, Stderr: &errs},
			"run", "-i", "--name", "web", "--net", "app", "alpine", "cat", "-")
		require.Equal(t, 3, status)
		require.Equal(t, "out:hello\n", out.String())
		require.Equal(t, "WARNING: careful\nerr\n", errs.String())
		require.Equal(t, []string{
			"POST /containers/create?name=web",
			"POST /containers/abc/attach?stderr=1&stdin=1&stdout=1&stream=1",
			"POST /containers/abc/wait?condition=next-exit",
			"POST /containers/abc/start",
		}, f.requests())
		require.Equal(t, []any{"cat", "-"}, body["Cmd"])
		require.Equal(t, true, body["StdinOnce"])
		require.Equal(t, "app", body["HostConfig"].(map[string]any)["NetworkMode"])
	})
}

// TestOldDaemon has a daemon of API 1.26, which tells of an exit by events.
func TestOldDaemon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]http.HandlerFunc{
			"POST /containers/create":     answer(201, `{"Id":"abc"}`),
			"POST /containers/abc/attach": takeOver(t, func(net.Conn, io.Reader) {}),
			"POST /containers/abc/start":  answer(204, ""),
			"GET /events":                 answer(200, `{"Action":"start"}{"Action":"die","Actor":{"Attributes":{"exitCode":"5"}}}{"Action":"destroy"}`),
			"GET /version":                answer(200, `{}`),
		})
		f.version = "1.26"
		require.Equal(t, "exit status 5\n", f.output(t, "run", "alpine"))
		require.Equal(t, "exit status 5\n", f.output(t, "run", "--rm", "alpine"))
		require.Contains(t, f.output(t, "version"), " API version:       1.26 (downgraded from 1.41)\n")
		f.routes["GET /events"] = answer(200, "")
		require.Regexp(t, `level=error msg="error waiting for container: EOF"\nexit status 125\n$`, f.output(t, "run", "alpine"))
	})
}

// TestRunPulls has an image that is not there.
func TestRunPulls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pulled := false
		f := newFake(map[string]http.HandlerFunc{
			"POST /containers/create": func(w http.ResponseWriter, r *http.Request) {
				if !pulled {
					answer(404, `{"message":"No such image: alpine:latest"}`)(w, r)
					return
				}
				answer(201, `{"Id":"abc"}`)(w, r)
			},
			"POST /images/create": func(w http.ResponseWriter, r *http.Request) {
				pulled = true
				io.WriteString(w, `{"status":"Pulling from library/alpine","id":"latest"}
{"status":"Pulling fs layer","progressDetail":{},"id":"c1"}
{"status":"Downloading","progressDetail":{"current":1,"total":9},"progress":"[=>  ] 1B/9B","id":"c1"}
{"status":"Pull complete","progressDetail":{},"id":"c1"}
{"status":"Status: Downloaded newer image for alpine:latest"}
`)
			},
			"POST /containers/abc/start": answer(204, ""),
		})
		require.Equal(t, `Unable to find image 'alpine:latest' locally
latest: Pulling from library/alpine
c1: Pulling fs layer
c1: Pull complete
Status: Downloaded newer image for alpine:latest
abc
`, f.output(t, "run", "-d", "alpine"))
		require.Equal(t, []string{
			"POST /containers/create", "POST /images/create?fromImage=alpine&tag=latest", "POST /containers/create", "POST /containers/abc/start",
		}, f.requests())

		f.routes["POST /images/create"] = answer(404, `{"message":"pull access denied for nosuch, repository does not exist"}`)
		f.routes["POST /containers/create"] = answer(404, `{"message":"No such image: nosuch:1"}`)
		require.Equal(t, "Unable to find image 'nosuch:1' locally\ndocker: Error response from daemon: pull access denied for nosuch, repository does not exist.\nSee 'docker run --help'.\nexit status 125\n",
			f.output(t, "run", "nosuch:1"))
		require.Equal(t, "Unable to find image 'nosuch:1' locally\nError response from daemon: pull access denied for nosuch, repository does not exist\nexit status 1\n",
			f.output(t, "create", "nosuch:1"))
		require.Equal(t, "docker: Error response from daemon: No such image: nosuch:1.\nSee 'docker run --help'.\nexit status 125\n",
			f.output(t, "run", "--pull", "never", "nosuch:1"))
		f.requests()
		require.Equal(t, "Using default tag: latest\nError response from daemon: pull access denied for nosuch, repository does not exist\nexit status 1\n", f.output(t, "pull", "nosuch"))
		f.routes["POST /images/create"] = answer(200, `{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}`)
		require.Equal(t, "manifest unknown\nexit status 1\n", f.output(t, "pull", "-q", "x.org:5000/a/b@sha256:"+strings.Repeat("0", 64)))
		require.Equal(t, "POST /images/create?fromImage=x.org%3A5000%2Fa%2Fb&tag=sha256%3A"+strings.Repeat("0", 64), f.requests()[1])
	})
}

// TestRunFails has containers that do not start, each kind with its status.
func TestRunFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFake(map[string]http.HandlerFunc{
			"POST /containers/create": answer(201, `{"Id":"abc"}`),
			"POST /containers/abc/attach": takeOver(t, func(_ net.Conn, in io.Reader) {
				io.Copy(io.Discard, in)
			}),
			"POST /containers/abc/wait": later(nil, ""),
		})
		for message, status := range map[string]int{
			`exec: \"x\": executable file not found in $PATH: unknown`: 127,
			`stat /x: no such file or directory: unknown`:              127,
			`exec: \"/etc\": permission denied: unknown`:               126,
			`network x not found`:                                      125,
		} {
			f.routes["POST /containers/abc/start"] = answer(400, `{"message":"`+message+`"}`)
			want := strings.ReplaceAll(fmt.Sprintf("docker: Error response from daemon: %s.\nexit status %d\n", message, status), `\"`, `"`)
			require.Equal(t, want, f.output(t, "run", "alpine", "x"))
			require.Equal(t, "abc\n"+want, f.output(t, "run", "-d", "alpine", "x"))
		}
		f.routes["POST /containers/abc/attach"] = answer(409, `{"message":"no"}`)
		require.Equal(t, "unable to upgrade to tcp, received 409\nexit status 1\n", f.output(t, "run", "alpine"))
		f.routes["POST /containers/create"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); io.WriteString(w, "broken\n") }
		require.Equal(t, "docker: Error response from daemon: broken.\nSee 'docker run --help'.\nexit status 125\n", f.output(t, "run", "alpine"))
	})
}
