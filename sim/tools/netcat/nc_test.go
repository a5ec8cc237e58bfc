package netcat

import (
	"bytes"
	"context"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// machines are those of the recordings: cli, 172.17.0.2, and web, 172.17.0.3.
func machines(t *testing.T) (cli, web *sim.Container) {
	h := simtest.NewHost(t, sim.WithFixedCIDRv6(netip.MustParsePrefix("fd00::/64")))
	cli = simtest.Run(t, h, "cli", sim.WithAddHost("web:172.17.0.3"), sim.WithHostname("cli"))
	web = simtest.Run(t, h, "web", sim.WithAddHost("cli:172.17.0.2"), sim.WithHostname("db"))
	return cli, web
}

// TestRecordings has what nc of OpenBSD printed in a network namespace.
func TestRecordings(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli, web := machines(t)
		tooltest.ServeDNS(t, web)
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		tooltest.Replay(t, "testdata/nc.txt", Commands(), command.Call{Machine: cli})
	})
}

var portRE = regexp.MustCompile(`(received on \S+) \d+`)

// A side is one of two that run nc, and what it is given, when: "1s hello" after a second.
type side struct {
	line  string
	input []string
	want  string
}

// run runs nc with input that comes by and by.
func (s side) run(ctx context.Context, m command.Machine) (string, time.Duration) {
	var out bytes.Buffer
	in := command.NewPipe()
	fed := make(chan bool)
	stop := make(chan struct{})
	go func() {
		defer close(fed)
		defer in.CloseWrite()
		for _, text := range s.input {
			when, text, _ := strings.Cut(text, " ")
			d, _ := time.ParseDuration(when)
			select {
			case <-time.After(d):
			case <-stop:
				return
			}
			in.Write([]byte(text))
		}
	}()
	start := time.Now()
	call := &command.Call{Machine: m, Args: strings.Fields(s.line), Stdin: in, Stdout: &out, Stderr: &out}
	status := Commands().Run(ctx, call)
	took := time.Since(start)
	close(stop)
	<-fed
	if status != 0 {
		out.WriteString("(" + string(rune('0'+status%10)) + ")")
	}
	return out.String(), took
}

// TestTwo has nc talk with nc, as the two of a network namespace did.
func TestTwo(t *testing.T) {
	t.Parallel()
	const never = "100h "
	hello := []string{"1ms hello\n"}
	for name, tt := range map[string]struct {
		server, client side
		took           time.Duration // for the client
	}{
		"hello": {side{line: "nc -lv 8080", want: "Listening on 0.0.0.0 8080\nConnection received on cli PORT\nhello\n"},
			side{"nc -v -N web 8080", hello, "Connection to web (172.17.0.3) 8080 port [tcp/http-alt] succeeded!\n"}, time.Millisecond},
		"address": {side{line: "nc -lv 172.17.0.3 8080", want: "Listening on db 8080\nConnection received on cli PORT\nhello\n"},
			side{"nc -N web 8080", hello, ""}, time.Millisecond},
		"numeric": {side{line: "nc -lvn -p 8080", want: "Listening on 0.0.0.0 8080\nConnection received on 172.17.0.2 PORT\nhello\n"},
			side{"nc -N web 8080", hello, ""}, time.Millisecond},
		"udp": {side{line: "nc -lvu -w 5 8080", want: "Bound on 0.0.0.0 8080\nConnection received on cli PORT\nXXXhello\n"},
			side{"nc -u -w 1 -v web 8080", hello, "Connection to web (172.17.0.3) 8080 port [udp/*] succeeded!\n"}, 2 * time.Second},
		"answer": {side{"nc -lN 8080", []string{"500ms from server\n"}, "hello\n"},
			side{"nc -w 2 web 8080", []string{"1ms hello\n", never}, "from server\n"}, 2300 * time.Millisecond},
		"quit":         {side{line: "nc -l 8080", want: "hello\n"}, side{"nc -q 3 web 8080", hello, ""}, 3001 * time.Millisecond},
		"quit at once": {side{line: "nc -l 8080", want: "hello\n"}, side{"nc -q 0 web 8080", hello, ""}, time.Millisecond},
		"detached": {side{"nc -lN 8080", []string{"1s from server\n"}, ""},
			side{line: "nc -d web 8080", want: "from server\n"}, 800 * time.Millisecond},
		"listener ends with the connection": {side{"nc -l 8080", []string{never}, "hello\n"}, side{"nc -N web 8080", hello, ""}, time.Millisecond},
		"crlf":                              {side{line: "nc -l 8080", want: "hello\r\n"}, side{"nc -CN web 8080", hello, ""}, time.Millisecond},
		"ipv6":                              {side{line: "nc -6lvn 8080", want: "Listening on :: 8080\nConnection received on ::ffff:172.17.0.2 PORT\nhello\n"}, side{"nc -N web 8080", hello, ""}, time.Millisecond},
		"source":                            {side{line: "nc -lvn 8080", want: "Listening on 0.0.0.0 8080\nConnection received on 172.17.0.2 40000\n"}, side{line: "nc -N -p 40000 -s 172.17.0.2 web 8080"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.VirtualTime(t, func(t *testing.T) {
				cli, web := machines(t)
				served := make(chan string)
				go func() {
					out, _ := tt.server.run(t.Context(), web)
					served <- out
				}()
				time.Sleep(200 * time.Millisecond)
				out, took := tt.client.run(t.Context(), cli)
				assert.Equal(t, tt.client.want, out)
				assert.Equal(t, tt.took, took)
				got := <-served
				if strings.Contains(tt.server.want, "PORT") {
					got = portRE.ReplaceAllString(got, "$1 PORT")
				}
				assert.Equal(t, tt.server.want, got)
			})
		})
	}
}

// TestKeep has one listener serve two clients, and ^C end it.
func TestKeep(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli, web := machines(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		served := make(chan string)
		go func() {
			out, _ := side{line: "nc -lk 8080"}.run(ctx, web)
			served <- out
		}()
		time.Sleep(time.Second)
		side{"nc -N web 8080", []string{"1s a\n"}, ""}.run(t.Context(), cli)
		side{"nc -N web 8080", []string{"1s b\n"}, ""}.run(t.Context(), cli)
		cancel(command.SIGINT)
		assert.Equal(t, "a\nb\n(0)", <-served) // 130
	})
}

// TestInUse has a port that is taken.
func TestInUse(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	l, err := h.Listen(t.Context(), "tcp", ":80")
	require.NoError(t, err)
	defer l.Close()
	call := command.Call{Machine: h}
	assert.Equal(t, "nc: Address already in use\n(exit status 1)\n", tooltest.Output(t, Commands(), call, "nc -l -p 80"))
	assert.Equal(t, "nc: invalid option -- 'U'\n"+usage+"(exit status 1)\n", tooltest.Output(t, Commands(), call, "nc -U /tmp/x"))
	assert.Equal(t, usage+"(exit status 1)\n", tooltest.Output(t, Commands(), call, "nc"))
	assert.Equal(t, "nc: option requires an argument -- 'p'\n"+usage+"(exit status 1)\n", tooltest.Output(t, Commands(), call, "nc -lp"))
	assert.Equal(t, helpText, tooltest.Output(t, Commands(), call, "nc -h"))
}

// FuzzOptions has hostile command lines.
func FuzzOptions(f *testing.F) {
	for _, s := range []string{"-lvk -p 80", "-zv web 1-65535 2-1", "-w 99999999999 a b", "-q -5 -p x web 0", "-4u ::1 http", "a -"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var o options
		args, err := o.parse(strings.Fields(line))
		if err != nil {
			return
		}
		for _, arg := range args {
			ports, err := o.ports(arg, nil)
			if err == nil && (len(ports) == 0 || ports[0] < 1 || ports[len(ports)-1] > portRange) {
				t.Errorf("%q: %v", line, ports)
			}
		}
	})
}
