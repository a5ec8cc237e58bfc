// Nat-types puts every pair of NATs between two peers, has the peers punch holes for UDP and TCP by
// what a server sees of them, and prints who gets through.
//
//	go run ./examples/nat-types
//
// In real time that takes a minute and a half, in the virtual time of its test less than a second.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"drydock/nat"
	"drydock/sim"
)

func main() {
	drawn := flag.Bool("svg", false, "print the table as a picture")
	flag.Parse()
	table, err := try(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if *drawn {
		fmt.Print(picture(table))
	} else {
		list(os.Stdout, table)
	}
}

// A kind is a NAT that many have.
type kind struct {
	name, short string
	how         nat.Target
}

var kinds = []kind{
	{"full cone", "full", nat.FullCone},
	{"restricted cone", "restr.", nat.RestrictedCone},
	{"port-restricted cone", "port", nat.PortRestrictedCone},
	{"symmetric", "symm.", nat.Symmetric},
	{"iptables MASQUERADE", "MASQ", nat.Masquerade{}},
	{"MASQUERADE --random", "random", nat.Masquerade{Random: true}},
}

// A result is which protocols get through between two kinds.
type result struct{ udp, tcp bool }

func (r result) String() string {
	switch r {
	case result{true, true}:
		return "both"
	case result{true, false}:
		return "UDP"
	case result{false, true}:
		return "TCP"
	}
	return "-"
}

func list(out io.Writer, table [][]result) {
	row := fmt.Sprintf("%-20s", "")
	for _, k := range kinds {
		row += fmt.Sprintf(" %-6s", k.short)
	}
	fmt.Fprintln(out, strings.TrimRight(row, " "))
	for i, k := range kinds {
		row = fmt.Sprintf("%-20s", k.name)
		for j := range kinds {
			row += fmt.Sprintf(" %-6v", table[max(i, j)][min(i, j)])
		}
		fmt.Fprintln(out, strings.TrimRight(row, " "))
	}
}

// try has every pair of kinds punch holes. Of two kinds the second in the table comes first.
func try(ctx context.Context, opts ...sim.MachineOption) ([][]result, error) {
	table := make([][]result, len(kinds))
	for i := range kinds {
		for j := range i + 1 {
			l, err := newLab(kinds[i].how, kinds[j].how, opts...)
			if err != nil {
				return nil, err
			}
			var r result
			r.udp, err = l.punch(ctx, meetUDP, punchUDP)
			if err == nil {
				r.tcp, err = l.punch(ctx, meetTCP, punchTCP)
			}
			l.close()
			if err != nil {
				return nil, err
			}
			table[i] = append(table[i], r)
		}
	}
	return table, nil
}
