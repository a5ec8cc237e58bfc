package sim

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"drydock/nat"
	"drydock/nat/iptables"
	"drydock/sim/internal/engine"
)

// A firewall is how dockerd changes the rules of its host: by command lines of iptables and of
// ip6tables. Without rules of a family, with --iptables=false or --ip6tables=false, those commands
// change nothing.
type firewall struct {
	v4, v6 *nat.Ruleset
	nft    *nat.Nftables // nil: dockerd does not use it, or tx does
	tx     *nat.NftEdit
	wrote  *[]nftChain  // chains whose rules have changed in tx, in their order
	off    []nat.Family // of nft: commands for them change nothing
	says   *engine.Messages
}

// run runs a command line.
func (f firewall) run(command string) error {
	if line, before, ok := nftCommand(command); ok {
		if f.isOff(line) {
			return nil
		}
		return f.runNft(line, before)
	}
	name, rules := "iptables", f.v4
	line, six := strings.CutPrefix(command, engine.IP6Tables)
	if six {
		name, rules = "ip6tables", f.v6
	}
	if rules == nil {
		return nil
	}
	if err := iptables.Run(io.Discard, rules, strings.Fields(line)...); err != nil {
		return &iptablesError{f.says.IPTables, name, line, err}
	}
	return nil
}

// edit has do change the rules of one family, then of the other, unless it fails, each in one edit:
// each command alone would copy a part of its chain. What do did before it failed stays. In a family
// commands for the other change nothing. Within an edit it has do go on in that.
func (f firewall) edit(do func(in firewall) error) (err error) {
	if f.tx != nil {
		return do(f)
	}
	if f.v4 != nil {
		f.v4.Edit(func(tx *nat.Ruleset) error {
			err = do(firewall{v4: tx, says: f.says})
			return nil
		})
	}
	if f.v6 != nil && err == nil {
		f.v6.Edit(func(tx *nat.Ruleset) error {
			err = do(firewall{v6: tx, says: f.says})
			return nil
		})
	}
	if f.nft != nil && err == nil {
		return f.editNft(do)
	}
	return err
}

// add runs the commands up to the first that fails.
func (f firewall) add(commands []string) error {
	return f.edit(func(in firewall) error {
		for _, command := range commands {
			if err := in.run(command); err != nil {
				return err
			}
		}
		return nil
	})
}

// raise adds rules that are to come first, and deletes where they were before, unless
// somebody has done so.
func (f firewall) raise(commands []string) error {
	return f.edit(func(in firewall) error {
		for _, command := range commands {
			in.delete([]string{command})
			if err := in.run(command); err != nil {
				return err
			}
		}
		return nil
	})
}

// ensure adds those rules that are not there, up to the first that fails, and returns all
// that are there then.
func (f firewall) ensure(commands []string) (there []string, err error) {
	if f.nft != nil {
		f.editNft(func(in firewall) error {
			there, err = in.ensure(commands)
			return nil
		})
		return there, err
	}
	for _, command := range commands {
		if !f.has(command) {
			err = f.run(command)
		}
		if err != nil {
			return there, err
		}
		there = append(there, command)
	}
	return there, nil
}

// has reports whether the rule is there that a command adds.
func (f firewall) has(command string) bool {
	if line, _, ok := nftCommand(command); ok {
		return f.isOff(line) || f.hasNft(line)
	}
	return f.run(engine.Check(command)) == nil
}

// renew does what add does where dockerd has run before. Its chains are emptied, but for the user's;
// the jumps to them of table nat come last again, those that are inserted come first, and the others
// stay where they are.
func (f firewall) renew(commands []string) error {
	if f.nft != nil { // whose tables are made anew
		return f.add(commands)
	}
	for _, command := range commands {
		var err error
		line := strings.TrimPrefix(command, engine.IP6Tables)
		switch before, chain, makes := strings.Cut(command, "-N "); {
		case makes && f.run(command) != nil && chain != "DOCKER-USER":
			err = f.run(before + "-F " + chain)
		case makes:
		case strings.HasPrefix(line, "-t nat "), strings.HasPrefix(line, "-I "):
			err = f.raise([]string{command})
		default:
			_, err = f.ensure([]string{command})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// delete deletes rules, given as the commands that added them. Like dockerd it does not
// mind if someone did so before.
func (f firewall) delete(commands []string) {
	if f.nft != nil || f.tx != nil {
		f.deleteNft(commands)
		return
	}
	f.edit(func(in firewall) error {
		for _, command := range commands {
			in.run(engine.Deletion(command))
		}
		return nil
	})
}

// An iptablesError is a command that failed, in dockerd's words.
type iptablesError struct {
	format, name, arguments string

	err error
}

func (e *iptablesError) Error() string {
	code := 1
	if exit := (*iptables.Error)(nil); errors.As(e.err, &exit) {
		code = exit.ExitCode()
	}
	return fmt.Sprintf(e.format, e.name, e.arguments, e.err, code)
}

func (e *iptablesError) Unwrap() error { return e.err }

func errFirewall(op, name, format string, err error) *Error {
	e := errorf(op, name, ErrFirewall, format, err)
	e.cause = err
	return e
}
