package nftables_test

import (
	"fmt"
	"os"

	"drydock/nat"
	"drydock/nat/nftables"
)

func ExampleRun() {
	tables := nat.New().Nft()
	for _, line := range []string{
		"add table ip mine",
		"add chain ip mine ban { type filter hook forward priority filter - 1; }",
		"add rule ip mine ban ip saddr 172.16.80.47 tcp dport { 443, 80 } counter drop",
		"list ruleset",
		"add rule ip mine nosuch accept",
	} {
		if err := nftables.Run(os.Stdout, tables, nil, line); err != nil {
			fmt.Print(err)
		}
	}
	// Output:
	// table ip mine {
	// 	chain ban {
	// 		type filter hook forward priority filter - 1; policy accept;
	// 		ip saddr 172.16.80.47 tcp dport { 80, 443 } counter packets 0 bytes 0 drop
	// 	}
	// }
	// Error: Could not process rule: No such file or directory
	// add rule ip mine nosuch accept
	//                  ^^^^^^
}
