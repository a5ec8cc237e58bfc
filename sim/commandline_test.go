package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"drydock/sim"
	"drydock/sim/tools"
	"drydock/sim/tools/command"
)

// sleeper is a main function that ends like a shell that traps SIGTERM.
func sleeper(ctx context.Context, _ *sim.Container) error {
	<-ctx.Done()
	return nil
}

// deaf is a main function that does not know SIGTERM, as process 1 of a namespace does
// not by default.
func deaf(_ context.Context, c *sim.Container) error { return ignoreSIGTERM(c) }

func ignoreSIGTERM(m command.Machine) error {
	l, err := m.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, err = l.Accept() // until the container has no sockets any more
	return err
}

// python3 is what the recordings have of it: "-m json.tool" indents JSON, and the server in
// /root/srv.py is deaf.
func python3(_ context.Context, c *command.Call) int {
	switch line := strings.Join(c.Args[1:], " "); line {
	case "/root/srv.py 8765":
		ignoreSIGTERM(c.Machine)
		return 1
	case "-m json.tool", "-m json.tool --indent 4":
		text, _ := io.ReadAll(c.Stdin)
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(text), "", "    "); err != nil {
			return c.Fail(1, "%v\n", err)
		}
		c.Printf("%s\n", &b)
		return 0
	}
	return c.Fail(2, "python3: can't open file %q\n", c.Args[1:])
}

// A session is a shell on a host, as those that were recorded.
type session struct {
	host  *sim.Host
	table command.Table
}

func newSession(host *sim.Host) *session { return &session{host, recordedPrograms()} }

// recordedPrograms are those of the recorded hosts and containers.
func recordedPrograms() command.Table { return tools.Default().With(command.Table{"python3": python3}) }

// sh returns what a line prints, with "(exit status N)" if N is not 0.
func (s *session) sh(t *testing.T, line string) string {
	var out bytes.Buffer
	status := s.table.Run(t.Context(), &command.Call{
		Machine: s.host, Args: []string{"sh", "-c", line}, Env: []string{"J=python3 -m json.tool"}, Stdout: &out, Stderr: &out,
	})
	if status != 0 {
		fmt.Fprintf(&out, "(exit status %d)\n", status)
	}
	return out.String()
}

func withAddr(s string) sim.AttachOption { return sim.WithAddr(netip.MustParseAddr(s)) }
