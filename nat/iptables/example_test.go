package iptables_test

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"drydock/nat"
	"drydock/nat/iptables"
)

// A host drops what is forwarded, but for one network.
func ExampleRun() {
	rules := nat.New().IPv4()
	for _, line := range []string{
		"-P FORWARD DROP",
		"-A FORWARD -s 172.18.0.0/16 ! -o br-app -j ACCEPT",
		"-A FORWARD -p tcp -m multiport --dports 80,443 -j ACCEPT",
		"-S FORWARD",
	} {
		if err := iptables.Run(os.Stdout, rules, strings.Fields(line)...); err != nil {
			panic(err)
		}
	}
	// Output:
	// -P FORWARD DROP
	// -A FORWARD -s 172.18.0.0/16 ! -o br-app -j ACCEPT
	// -A FORWARD -p tcp -m multiport --dports 80,443 -j ACCEPT
}

// An Error has the words and the exit code of iptables, and in it is that of the ruleset.
func ExampleError() {
	err := iptables.Run(nil, nat.New().IPv6(), "-A", "INPUT", "-j", "NOSUCH")
	fmt.Println(err)
	if e := (*iptables.Error)(nil); errors.As(err, &e) {
		fmt.Println("exit code", e.ExitCode())
	}
	fmt.Println(errors.Is(err, nat.ErrNoTarget))
	// Output:
	// ip6tables v1.8.9 (nf_tables): Chain 'NOSUCH' does not exist
	// Try `ip6tables -h' or 'ip6tables --help' for more information.
	// exit code 2
	// true
}

// Rules move from one host to another with what they have counted.
func ExampleSaveCounters() {
	from, to := nat.New().IPv4(), nat.New().IPv4()
	iptables.Run(nil, from, strings.Fields("-A FORWARD -c 3 180 -j ACCEPT")...)

	var saved strings.Builder
	if err := iptables.SaveCounters(&saved, from); err != nil {
		panic(err)
	}
	if err := iptables.RestoreCounters(to, strings.NewReader(saved.String())); err != nil {
		panic(err)
	}
	iptables.Run(os.Stdout, to, "-v", "-S", "FORWARD")
	// Output:
	// -P FORWARD ACCEPT -c 0 0
	// -A FORWARD -c 3 180 -j ACCEPT
}

// Restore replaces the tables that its input names, or none of them.
func ExampleRestore() {
	rules := nat.New().IPv4()
	err := iptables.Restore(rules, strings.NewReader(`*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
`))
	if err != nil {
		panic(err)
	}
	iptables.Run(os.Stdout, rules, "-t", "nat", "-S", "DOCKER")
	fmt.Println(iptables.Restore(rules, strings.NewReader("*nat\n-A PREROUTING -j DOCKER\n"))) // DOCKER is gone
	// Output:
	// -N DOCKER
	// -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
	// iptables-restore v1.8.9 (nf_tables): Chain 'DOCKER' does not exist
	// Error occurred at line: 2
	// Try `iptables-restore -h' or 'iptables-restore --help' for more information.
}

func ExampleParseRule() {
	chain, rule, err := iptables.ParseRule("-t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE")
	fmt.Println(chain, rule.Src, rule.Out, rule.Target, err)
	// Output:
	// nat/POSTROUTING 172.17.0.0/16 ! docker0 -j MASQUERADE <nil>
}
