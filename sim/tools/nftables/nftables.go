// Package nftables has nft 1.0.6, as Debian 12 has it, for the firewall of a host or a machine. It is
// thin: what its command lines and files may be is written at nat/nftables, where they are
// parsed. Of -f, "-" is standard input. There is no -i. In a container without CAP_NET_ADMIN it fails, with
// status 1.
package nftables

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"drydock/nat"
	"drydock/nat/nftables"
	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/netfilter"
)

// Commands returns the commands of the suite.
func Commands() command.Table { return command.Table{"nft": run} }

func run(_ context.Context, c *command.Call) int {
	t, ok := netfilter.Of(c)
	if !ok {
		t = nat.New()
	}
	tables := t.Nft()
	out := c.Stdout
	if !ok && len(c.Args) > 1 && c.Args[1] != "-v" && c.Args[1] != "--version" && c.Args[1] != "-h" && c.Args[1] != "--help" {
		return c.Fail(1, "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n")
	}
	err := nftables.RunWarning(out, c.Stderr, tables, func(name string) ([]byte, error) { return read(c, name) }, c.Args[1:]...)
	if err == nil {
		return 0
	}
	c.Errorf("%v", err)
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 1
}

// read reads a file of -f.
func read(c *command.Call, name string) ([]byte, error) {
	if name == "-" {
		return readAll(c.Stdin)
	}
	f, err := c.Open(name)
	if err != nil {
		return nil, errors.New(command.Reason(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode()&fs.ModeDir != 0 {
		return nil, errors.New("Is a directory")
	}
	return readAll(f)
}

// readAll reads no more than one byte too many, which is refused.
func readAll(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, nftables.MaxInput+1)) }
