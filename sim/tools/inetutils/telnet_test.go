package inetutils

import (
	"bytes"
	"context"
	"io"

	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/tooltest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTelnet has what telnet printed in a network namespace, and CentOS's word for a refusal.
func TestTelnet(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		cli := simtest.Run(t, h, "cli", sim.WithAddHost("web:172.17.0.3"))
		web := simtest.Run(t, h, "web")
		l, err := web.Listen(t.Context(), "tcp", ":80")
		require.NoError(t, err)
		defer l.Close()
		got := make(chan string, 1)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conn.Write([]byte{'a', iac, do, 1, iac, iac, 'b', '\n', iac, will, 3, iac, sb, 3, 'x', iac, se})
				text, _ := io.ReadAll(conn)
				got <- string(text)
				conn.Close()
			}
		}()
		both := TelnetCommands().With(command.Table{"telnet7": TelnetCentOS, "telnetb": TelnetBusybox})
		for _, tt := range []struct{ line, want string }{
			{"telnet 172.17.0.3 81", "Trying 172.17.0.3...\ntelnet: Unable to connect to remote host: Connection refused\n(exit status 1)\n"},
			{"telnet7 172.17.0.3 81", "Trying 172.17.0.3...\ntelnet: connect to address 172.17.0.3: Connection refused\n(exit status 1)\n"},
			{"telnetb 172.17.0.3 81", "telnet: can't connect to remote host (172.17.0.3): Connection refused\n(exit status 1)\n"},
			{"telnetb nosuch 81", "telnet: bad address 'nosuch'\n(exit status 1)\n"},
			{"telnet web", "Trying 172.17.0.3...\ntelnet: Unable to connect to remote host: Connection refused\n(exit status 1)\n"},
			{"telnet nosuch 80", "Server lookup failure:  nosuch:80, Name or service not known\n(exit status 1)\n"},
			{"telnet web nosuch", "Server lookup failure:  web:nosuch, Servname not supported for ai_socktype\n(exit status 1)\n"},
			{"telnet web 80 81", "telnet: too many arguments\n(exit status 1)\n"},
			{"telnet -6 web 80", "Server lookup failure:  web:80, Name or service not known\n(exit status 1)\n"},
		} {
			assert.Equal(t, tt.want, tooltest.Output(t, both, command.Call{Machine: cli}, tt.line), tt.line)
		}
		const gnu = "Trying 172.17.0.3...\nConnected to web.\nEscape character is '^]'.\n"
		for _, typed := range []struct {
			name, end, begin, told string
			status                 int
		}{
			{"telnet", "", gnu, "Connection closed by foreign host.\n", 0}, {"telnet", "\x1d", gnu, "\ntelnet> quit\nConnection closed.\n", 0},
			{"telnetb", "", "Connected to web\n", "Connection closed by foreign host\r\n", 1},
		} {
			in := command.NewPipe()
			var out bytes.Buffer
			go func() {
				time.Sleep(time.Second)
				in.Write([]byte("hi\n\xff" + typed.end))
				in.CloseWrite()
			}()
			call := &command.Call{Machine: cli, Args: []string{typed.name, "web", "80"}, Stdin: in, Stdout: &out, Stderr: &out}
			require.Equal(t, typed.status, both.Run(t.Context(), call))
			assert.Equal(t, typed.begin+"a\xffb\n"+typed.told, out.String())
			want := "\xff\xfc\x01\xff\xfe\x03" + "hi\r\n\xff\xff"
			if typed.end != "" { // what is typed before it in one go is lost
				want = want[:6]
			}
			assert.Equal(t, want, <-got)
		}
	})
}

// TestTelnetSignal has ^C end it while it connects.
func TestTelnetSignal(t *testing.T) {
	t.Parallel()
	simtest.VirtualTime(t, func(t *testing.T) {
		cli := simtest.Run(t, simtest.NewHost(t), "cli")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(command.SIGINT) })
		require.Equal(t, 130, TelnetCommands().Run(ctx, &command.Call{Machine: cli, Args: []string{"telnet", "172.17.0.9"}}))
	})
}

// FuzzNegotiation has servers that send anything, in any pieces.
func FuzzNegotiation(f *testing.F) {
	f.Add([]byte("a\xff\xfd\x01\xff\xffb"), 3)
	f.Add([]byte("\xff\xfa\x03x\xff\xf0y\xff"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		read := func(parts ...[]byte) (out, answers []byte) {
			n := &negotiation{answer: func(a []byte) { answers = append(answers, a...) }}
			for _, p := range parts {
				out = append(out, n.data(p)...)
			}
			return out, answers
		}
		cut = max(0, min(cut, len(b)))
		out, answers := read(b)
		again, same := read(b[:cut], b[cut:])
		if !bytes.Equal(out, again) || !bytes.Equal(answers, same) || len(out)+len(answers) > len(b) {
			t.Errorf("%x: %x %x, in two %x %x", b, out, answers, again, same)
		}
	})
}
