package vars

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"mvdan.cc/sh/v3/syntax"
)

// TestOrder has what programs called env printed that were run by bash 4.2 in a container of
// CentOS 7, and by bash 5.2 and dash of Debian 12. SHLVL and PWD come last of all.
func TestOrder(t *testing.T) {
	t.Parallel()
	const came = "A HOSTNAME TERM NG2_PORT_80_TCP_PORT NG2_NAME NG2_PORT_80_TCP NG2_PORT_80_TCP_PROTO PATH HOME NG2_PORT_80_TCP_ADDR NG2_PORT PWD SHLVL"
	for _, test := range []struct {
		order         Order
		without, want string
	}{
		{Bash42, "A", "HOSTNAME TERM NG2_PORT_80_TCP_PORT NG2_NAME NG2_PORT_80_TCP NG2_PORT_80_TCP_PROTO PATH PWD SHLVL HOME NG2_PORT_80_TCP_ADDR NG2_PORT"},
		{Bash, "", "HOSTNAME NG2_PORT_80_TCP_PROTO NG2_PORT_80_TCP_ADDR NG2_NAME NG2_PORT PWD A HOME TERM NG2_PORT_80_TCP_PORT SHLVL NG2_PORT_80_TCP PATH"},
		{Ash, "SHLVL", "NG2_PORT_80_TCP_ADDR HOSTNAME NG2_PORT_80_TCP_PORT NG2_PORT_80_TCP_PROTO HOME A NG2_PORT_80_TCP TERM PATH PWD NG2_PORT NG2_NAME"},
		{Order{}, "", came},
	} {
		var env []string
		for name := range strings.FieldsSeq(came) {
			if name != test.without {
				env = append(env, name+"=1")
			}
		}
		got := strings.Join(New(env, syntax.ValidName, test.order).Environ(), " ")
		require.Equal(t, test.want, strings.ReplaceAll(got, "=1", ""))
	}
}
