package dockercli

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"
)

// A dockerError is an error in Docker's words, which begin and end as they like.
type dockerError string

func (e dockerError) Error() string { return string(e) }

// A value is a flag's that a function takes, each time the flag is given. pflag's own
// lists split at commas, or do not look at what they are given.
type value struct {
	kind string // what --help calls it
	set  func(s string) error
}

func (v value) Set(s string) error { return v.set(s) }
func (v value) Type() string       { return v.kind }
func (v value) String() string     { return "" }

// multi adds a flag that can be given often, and is checked each time if check is not
// nil.
func multi(f *pflag.FlagSet, name, short, usage string, check func(s string) error) *[]string {
	var all []string
	f.VarP(value{"list", func(s string) error {
		if check != nil {
			if err := check(s); err != nil {
				return err
			}
		}
		all = append(all, s)
		return nil
	}}, name, short, usage)
	return &all
}

// alias adds another name for a flag, which --help does not show. Both share one value,
// so they may be mixed.
func alias(f *pflag.FlagSet, name, other string) {
	f.Var(f.Lookup(name).Value, other, "")
	f.Lookup(other).Hidden = true
}

// checkLink is the check of --link that docker makes itself: CONTAINER or
// CONTAINER:ALIAS. That either part is empty it leaves to the daemon.
func checkLink(s string) error {
	switch {
	case s == "":
		return errors.New("empty string specified for links")
	case strings.Count(s, ":") > 1:
		return dockerError("bad format for links: " + s)
	}
	return nil
}

// checkAddr is the check of --dns, of either family. Docker's words differ from those
// for --ip, which only the daemon looks at.
func checkAddr(s string) error {
	if _, err := netip.ParseAddr(s); err != nil {
		return dockerError(s + " is not an ip address")
	}
	return nil
}
