package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"drydock/examples/internal/golden"
	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// literature is who gets through, for the NATs of RFC 3489. Ford, Srisuresh and Kegel ("Peer-to-Peer
// Communication Across Network Address Translators", 2005) and RFC 5128, 3.3 and 3.4, want mappings that do
// not depend on the endpoint on both sides, for UDP as for TCP; with such a mapping on one side alone
// it is the filter there that decides, and a filter by address alone lets a symmetric NAT in.
const literature = `
full cone:            yes yes yes yes
restricted cone:      yes yes yes yes
port-restricted cone: yes yes yes no
symmetric:            yes yes no  no
`

// As are the NATs of iptables: MASQUERADE keeps ports, and asks the whole connection who may answer.
var as = map[string]string{"iptables MASQUERADE": "port-restricted cone", "MASQUERADE --random": "symmetric"}

func TestTranscript(t *testing.T) {
	var table [][]result
	golden.Check(t, func(ctx context.Context, out io.Writer, opts ...sim.MachineOption) (err error) {
		if table, err = try(ctx, opts...); err == nil {
			list(out, table)
		}
		return err
	})
	golden.File(t, "nat-types.svg", picture(table))

	rows, columns := map[string][]string{}, map[string]int{}
	for line := range strings.Lines(strings.TrimSpace(literature)) {
		name, row, _ := strings.Cut(line, ":")
		columns[name] = len(rows)
		rows[name] = strings.Fields(row)
	}
	known := func(k kind) string {
		if name, ok := as[k.name]; ok {
			return name
		}
		return k.name
	}
	for i, one := range kinds {
		for j, two := range kinds[:i+1] {
			yes := rows[known(one)][columns[known(two)]] == "yes"
			require.Equal(t, result{yes, yes}, table[i][j], "%s and %s", one.name, two.name)
		}
	}
}
