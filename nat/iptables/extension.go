package iptables

import (
	"reflect"

	"drydock/nat"
)

// A scope is what the options of an extension may look at: what the line has said so far.
type scope struct {
	v6    bool
	proto nat.Protocol
}

// A matchKind is a match that -m names.
type matchKind struct {
	name    string
	aliases []string // other names for it
	family  uint8    // 4 or 6: the only one in which it exists
	proto   uint8    // whose rules have it without -m, when an option asks for it
	begin   func(s *scope) *extension
}

// A targetKind is a target that -j names.
type targetKind struct {
	name   string
	family uint8 // 4 or 6: the only one in which it exists
	begin  func(s *scope) *extension
}

// A column is how -L prints what matches and targets say in its last column.
type column struct {
	numeric bool
	proto   uint8 // of the rule, whose services may be named
}

// The extensions register themselves, each in a file of its own, when the package is
// initialized. Nothing changes these tables later.
var (
	matchKinds  = map[string]*matchKind{} // by names and aliases
	targetKinds = map[string]*targetKind{}
	matchLists  = map[reflect.Type]func(nat.Match, column) string{}
	targetLists = map[reflect.Type]func(nat.Target, column) (name, text string){}
)

type registered struct{}

// registerMatch makes -m know a match. list prints its part of the last column of -L.
func registerMatch[M nat.Match](k matchKind, list func(m M, c column) string) registered {
	for _, name := range append(k.aliases, k.name) {
		matchKinds[name] = &k
	}
	matchLists[reflect.TypeFor[M]()] = func(m nat.Match, c column) string { return list(m.(M), c) }
	return registered{}
}

// registerTarget makes -j know a target. list prints its name, which is that of the first
// column of -L, and its part of the last.
func registerTarget[T nat.Target](k targetKind, list func(t T, c column) (name, text string)) registered {
	targetKinds[k.name] = &k
	return registerList(list)
}

// registerList is registerTarget for targets that have no name of their own: Jump, Goto.
func registerList[T nat.Target](list func(t T, c column) (name, text string)) registered {
	targetLists[reflect.TypeFor[T]()] = func(t nat.Target, c column) (string, string) { return list(t.(T), c) }
	return registered{}
}

// matchNamed returns the match that -m names, nil if its family has none.
func matchNamed(name string, v6 bool) *matchKind {
	k := matchKinds[name]
	if k == nil || k.family == 4 && v6 || k.family == 6 && !v6 {
		return nil
	}
	return k
}

// targetNamed returns the target that -j names, nil if its family has none.
func targetNamed(name string, v6 bool) *targetKind {
	k := targetKinds[name]
	if k == nil || k.family == 4 && v6 || k.family == 6 && !v6 {
		return nil
	}
	return k
}

// impliedMatch returns the match that comes with a protocol, nil if there is none.
func impliedMatch(proto uint8, v6 bool) *matchKind {
	// At most one has the protocol, so that the order of the map does not matter.
	for name, k := range matchKinds {
		if proto != 0 && k.proto == proto && matchNamed(name, v6) != nil {
			return k
		}
	}
	return nil
}

// An extension is a match or a target while its options are read.
type extension struct {
	name    string // as messages have it
	options []option
	seen    []int // how often each of options came

	// twice makes the message for an option that comes twice; nil is that of most
	// extensions.
	twice func(option string) error
	check func() error // after the last option; may be nil
	made  func() error // last of all, when the rule is made of it; may be nil

	match  func() nat.Match
	target func() nat.Target
}

// An option is an option of an extension.
type option struct {
	names  []string // all its spellings; messages use the first
	flag   bool     // takes no value
	must   bool     // the extension makes no sense without it
	not    bool     // "!" may precede it
	many   bool     // may come more than once
	only   bool     // excludes the others with only
	second bool     // takes two values, joined by a 0 byte
	set    func(value string, not bool) error
}

// flagOption is an option without a value.
func flagOption(name string, into *bool) option {
	return option{names: []string{name}, flag: true, set: func(string, bool) error {
		*into = true
		return nil
	}}
}

// use reads an option.
func (e *extension) use(i int, value string, not bool) error {
	o := &e.options[i]
	e.seen[i]++
	if e.seen[i] > 1 && !o.many {
		if e.twice != nil {
			return e.twice(o.names[0])
		}
		return wrong("%s: option \"--%s\" can only be used once.\n", e.name, o.names[0])
	}
	if not && !o.not {
		return wrong("%s: option \"--%s\" cannot be inverted.\n", e.name, o.names[0])
	}
	return o.set(value, not)
}

// finish checks that what must be there is there, and no more than one of those that
// exclude each other.
func (e *extension) finish() error {
	if e.check != nil {
		if err := e.check(); err != nil {
			return err
		}
	}
	// Which of two that exclude each other is named first is decided by the table, not by
	// the line.
	only := ""
	for i, o := range e.options {
		switch {
		case o.must && e.seen[i] == 0:
			return wrong("%s: option \"--%s\" must be specified\n", e.name, o.names[0])
		case !o.only || e.seen[i] == 0:
		case only != "":
			return wrong("%s: option \"--%s\" cannot be used together with \"--%s\".\n", e.name, only, o.names[0])
		default:
			only = o.names[0]
		}
	}
	return nil
}

// need is a check that an extension has options at all.
func (e *extension) need(message string) func() error {
	return func() error {
		for _, n := range e.seen {
			if n > 0 {
				return nil
			}
		}
		return wrong("%s", message)
	}
}
