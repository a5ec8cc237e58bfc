package iptables

import (
	"strings"
	"time"

	"drydock/nat"
)

var _ = registerTarget(targetKind{name: "SET", begin: beginSetTarget}, func(t nat.SetTarget, _ column) (string, string) {
	return "SET", strings.TrimPrefix(t.Text(" "), " ")
})

// beginSetTarget reads
//
//	--add-set NAME src|dst,… [--exist] [--timeout N]
//	--del-set NAME src|dst,…
//
// --map-set is not here: sets have no skbinfo that it could read.
func beginSetTarget(*scope) *extension {
	var t nat.SetTarget
	e := &extension{name: "SET", target: func() nat.Target { return t }}
	set := func(name string, into *string, sides *nat.SetSides) option {
		return option{names: []string{name}, second: true, many: true, set: func(value string, _ bool) (err error) {
			if *into != "" {
				return wrong("--%s can be specified only once", name)
			}
			*into, *sides, err = parseSet(value)
			return err
		}}
	}
	e.options = []option{
		set("add-set", &t.Add, &t.AddSides), set("del-set", &t.Del, &t.DelSides), flagOption("exist", &t.Exist),
		textOption("timeout", func(value string, _ bool) error {
			n, ok := parseUint(value, 1<<32-2)
			if !ok {
				return wrong("Invalid value for option --timeout or out of range 0-%d", uint32(1<<32-2))
			}
			t.HasTimeout, t.Timeout = true, time.Duration(n)*time.Second
			return nil
		}),
	}
	e.check = func() error {
		switch {
		case t.Add == "" && t.Del == "":
			return wrong("You must specify either `--add-set' or `--del-set' or `--map-set'")
		case t.Add == "" && t.Exist:
			return wrong("Flag `--exist' can be used with `--add-set' only")
		case t.Add == "" && t.HasTimeout:
			return wrong("Option `--timeout' can be used with `--add-set' only")
		}
		return nil
	}
	return e
}
