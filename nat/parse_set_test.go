package nat_test

import (
	"drydock/nat"
	"drydock/nat/iptables"
)

func init() { nat.ParseRule = iptables.ParseRule }
