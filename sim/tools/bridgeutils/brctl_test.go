package bridgeutils

import (
	"bytes"
	"strings"
	"testing"

	"drydock/sim/simtest"
	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

func run(t *testing.T, m command.Machine, line string) (out string, status int) {
	var b bytes.Buffer
	status = Commands().Run(t.Context(), &command.Call{Machine: m, Args: strings.Fields(line), Stdout: &b, Stderr: &b})
	return b.String(), status
}

func TestBrctl(t *testing.T) {
	t.Parallel()
	h := simtest.NewHost(t)
	id := "8000." + strings.ReplaceAll(h.Interfaces()[1].MAC.String(), ":", "")
	const head = "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
	out, _ := run(t, h, "brctl show")
	require.Equal(t, head+"docker0\t\t"+id+"\tno\t\t\n", out)
	a, b := simtest.Run(t, h, "aa"), simtest.Run(t, h, "bb")
	_, err := a.DialContext(t.Context(), "tcp", b.IP().String()+":80")
	require.Error(t, err)
	var ports []string
	for _, p := range portsOf(h.Interfaces(), "docker0") {
		ports = append(ports, p.Name)
	}
	out, _ = run(t, h, "brctl show docker0")
	require.Equal(t, head+"docker0\t\t"+id+"\tno\t\t"+ports[0]+"\n\t\t\t\t\t\t\t"+ports[1]+"\n", out)
	out, _ = run(t, h, "brctl showmacs docker0")
	require.Regexp(t, "^port no\tmac addr\t\tis local\\?\tageing timer\n", out)
	require.Regexp(t, "  1\t02:42:ac:11:00:02\tno\t\t   0\\.\\d\\d\n", out)
	require.Regexp(t, "  2\t02:42:ac:11:00:03\tno\t\t   0\\.\\d\\d\n", out)
	require.Equal(t, 2, strings.Count(out, "\tyes\t\t   0.00\n"))
	out, _ = run(t, a, "brctl show")
	require.Empty(t, out)
	for line, want := range map[string]string{
		"brctl show foo": "bridge foo does not exist!\n", "brctl showmacs foo": "read of forward table failed: No such device\n",
		"brctl bla": "never heard of command [bla]\n" + usage, "brctl": usage,
	} {
		out, status := run(t, h, line)
		require.Equal(t, want, out)
		require.Equal(t, 1, status)
	}
}
