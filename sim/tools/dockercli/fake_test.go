package dockercli

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

	"drydock/sim/dockerd"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

// A fake is a daemon that answers as it is told, and remembers what it was asked.
type fake struct {
	routes  map[string]http.HandlerFunc // by method and path without the version
	asked   chan string
	version string
}

func newFake(routes map[string]http.HandlerFunc) *fake {
	return &fake{routes: routes, asked: make(chan string, 100), version: apiVersion}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == pingPath {
		w.Header().Set("Api-Version", f.version)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v"+f.version)
	f.asked <- strings.TrimSuffix(r.Method+" "+path+"?"+r.URL.RawQuery, "?")
	if h, ok := f.routes[r.Method+" "+path]; ok {
		h(w, r)
		return
	}
	answer(404, `{"message":"page not found"}`)(w, r)
}

// requests returns what was asked so far, in order.
func (f *fake) requests() (list []string) {
	for {
		select {
		case r := <-f.asked:
			list = append(list, r)
		default:
			return list
		}
	}
}

// answer answers with JSON.
func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, text)
	}
}

// later answers, the head at once and the rest when done is closed.
func later(done <-chan struct{}, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		select {
		case <-done:
			io.WriteString(w, text)
		case <-r.Context().Done():
		}
	}
}

// takeOver takes the connection over for talk.
func takeOver(t *testing.T, talk func(conn net.Conn, in io.Reader)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, in, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		talk(conn, in)
	}
}

// frame is a part of a stream.
func frame(stream byte, text string) string {
	head := make([]byte, 8)
	head[0] = stream
	binary.BigEndian.PutUint32(head[4:], uint32(len(text)))
	return string(head) + text
}

// run runs docker with the fake for its daemon.
func (f *fake) run(ctx context.Context, c *command.Call, args ...string) int {
	c.Args = append([]string{"docker"}, args...)
	table := command.Table{"docker": func(ctx context.Context, c *command.Call) int {
		d := &docker{Call: c, ctx: ctx}
		d.api = newClient(defaultHost, func(ctx context.Context) (net.Conn, error) { return dockerd.Dial(ctx, f) })
		defer d.api.close()
		return d.exit(d.dispatch(c.Args[1:]))
	}}
	return table.Run(ctx, c)
}

// output is run for what is printed.
func (f *fake) output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if status := f.run(t.Context(), &command.Call{Stdout: &out, Stderr: &out}, args...); status != 0 {
		fmt.Fprintf(&out, "exit status %d\n", status)
	}
	return out.String()
}

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

// TestSignals has docker's signals go to the container, also SIGINT, and none with
// --sig-proxy=false.
func TestSignals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		exited := make(chan struct{})
		gone := func(conn net.Conn, _ io.Reader) { <-exited }
		f := newFake(map[string]http.HandlerFunc{
			"POST /containers/create":     answer(201, `{"Id":"abc"}`),
			"POST /containers/abc/attach": takeOver(t, gone),
			"POST /containers/abc/wait":   later(exited, `{"StatusCode":130}`),
			"POST /containers/abc/start":  answer(204, ""),
			"POST /containers/abc/kill":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); close(exited) },
		})
		k := &kernel{}
		status := make(chan int)
		go func() { status <- f.run(t.Context(), &command.Call{Machine: k}, "run", "alpine") }()
		synctest.Wait()
		k.processes.SignalGroup(1, command.SIGINT)
		require.Equal(t, 130, <-status)
		require.Contains(t, f.requests(), "POST /containers/abc/kill?signal=INT")

		exited = make(chan struct{})
		time.AfterFunc(time.Second, func() { close(exited) })
		go func() { status <- f.run(t.Context(), &command.Call{Machine: k}, "run", "--sig-proxy=false", "alpine") }()
		synctest.Wait()
		k.processes.SignalGroup(2, command.SIGTERM)
		require.Equal(t, 143, <-status)
		require.NotContains(t, strings.Join(f.requests(), " "), "kill")
	})
}

// A kernel is a machine with a process table.
type kernel struct {
	command.Machine
	processes command.Processes
}

func (k *kernel) Processes() *command.Processes { return &k.processes }

// A screen is a terminal: what is typed is read, and what is written is kept.
type screen struct {
	*command.Pipe
	out           bytes.Buffer
	raw           bool
	rows, columns int
}

func (s *screen) Write(b []byte) (int, error) { return s.out.Write(b) }
func (s *screen) Size() (rows, columns int)   { return s.rows, s.columns }
func (s *screen) SetForeground(group int) int { return group }
func (s *screen) SetRaw(raw bool) (was bool)  { was, s.raw = s.raw, raw; return was }
func (s *screen) ReadContext(ctx context.Context, b []byte) (int, error) {
	return s.Pipe.ReadContext(ctx, b)
}

// TestTerminal has a terminal made raw while the process has it, its size told, and left by
// keys.
func TestTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		received := make(chan string, 10)
		f := newFake(map[string]http.HandlerFunc{
			"GET /containers/web/json":  answer(200, strings.Replace(inspectPlain, `"OpenStdin"`, `"Tty":true,"OpenStdin"`, 1)),
			"POST /containers/web/wait": later(nil, ""),
			"POST /containers/web/attach": takeOver(t, func(conn net.Conn, in io.Reader) {
				io.WriteString(conn, "# ")
				r := bufio.NewReader(in)
				for {
					b, err := r.ReadByte()
					if err != nil {
						close(received)
						return
					}
					received <- string(b)
				}
			}),
			"POST /containers/web/resize": answer(200, ""),
		})
		k, s := &kernel{}, &screen{Pipe: command.NewPipe(), rows: 24, columns: 80}
		status := make(chan int)
		go func() {
			status <- f.run(t.Context(), &command.Call{Machine: k, Stdin: s, Stdout: s, Stderr: s}, "attach", "web")
		}()
		synctest.Wait()
		require.True(t, s.raw)
		require.Equal(t, "# ", s.out.String())
		s.rows = 50
		k.processes.SignalGroup(1, command.SIGWINCH)
		time.Sleep(time.Second)
		s.Pipe.Write([]byte("a\x10b"))
		time.Sleep(time.Second)
		s.Pipe.Write([]byte("\x10\x11c"))
		require.Equal(t, 1, <-status)
		require.False(t, s.raw)
		require.Equal(t, "# read escape sequence\n", s.out.String())
		var got []string
		for b := range received {
			got = append(got, b)
		}
		require.Equal(t, []string{"a", "\x10", "b"}, got)
		require.Equal(t, []string{
			"POST /containers/web/wait?condition=", "GET /containers/web/json", "POST /containers/web/attach?stderr=1&stdin=1&stdout=1&stream=1",
			"GET /containers/web/json", "POST /containers/web/resize?h=25&w=81", "POST /containers/web/resize?h=24&w=80", "POST /containers/web/resize?h=50&w=80",
		}, f.requests())
	})
}

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
