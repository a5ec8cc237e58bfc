package nftables

import (
	"reflect"
	"strings"

	"drydock/nat"
)

// Do does what a command says in an edit. A rule that is added goes before the first one of its chain that has the comment
// before, unless that is "" or there is none.
func Do(tx *nat.NftEdit, command, before string) error {
	x, list, err := read(tx, command)
	if err != nil {
		return err
	}
	for _, c := range list {
		x.at = c.at
		f := (*fault)(nil)
		if at := x.commented(c, before); at >= 0 {
			f = x.addRule("insert", c.place, position{kind: "index", n: uint64(at), given: true}, c.rule)
		} else {
			f = c.do(x)
		}
		if f != nil {
			return &Error{text: x.src.describe(f), Err: f.err}
		}
	}
	return nil
}

// read returns the commands of a text.
func read(tx *nat.NftEdit, command string) (*executor, []command, error) {
	src := &source{text: command}
	list, faults := parse(src)
	if len(faults) > 0 {
		return nil, nil, &Error{text: src.describe(faults[0]), Err: faults[0].err}
	}
	return &executor{src: src, tx: tx, budget: maxExpanded}, list, nil
}

// commented returns the place of the first rule of the chain of a command with a comment, -1 if there is
// none.
func (x *executor) commented(c command, comment string) int {
	if c.rule == nil || comment == "" {
		return -1
	}
	i := 0
	for r := range x.tx.Rules(c.place.family, c.place.table.text, c.place.name.text) {
		if r.Comment == comment {
			return i
		}
		i++
	}
	return -1
}

// Has reports whether the rule is there that a command adds.
func Has(tx *nat.NftEdit, command string) bool {
	x, list, err := read(tx, command)
	return err == nil && len(list) == 1 && x.like(list[0]) != nil
}

// like returns the first rule that is as that of a command, but for what it has counted.
func (x *executor) like(c command) *nat.NftRule {
	if c.rule == nil {
		return nil
	}
	for r := range x.tx.Rules(c.place.family, c.place.table.text, c.place.name.text) {
		if sameRule(r, &c.rule.NftRule) {
			return r
		}
	}
	return nil
}

func sameRule(a, b *nat.NftRule) bool {
	if a.Comment != b.Comment || len(a.Statements) != len(b.Statements) {
		return false
	}
	for i := range a.Statements {
		switch s := a.Statements[i].(type) {
		case *nat.Count:
			if c, ok := b.Statements[i].(*nat.Count); !ok || c.Name != s.Name {
				return false
			}
		case nat.Compare:
			if b.Statements[i] != nat.Statement(s) {
				return false
			}
		default:
			if !reflect.DeepEqual(a.Statements[i], b.Statements[i]) {
				return false
			}
		}
	}
	return true
}

// Undo deletes what a command adds: a rule, an element, a chain with its rules.
func Undo(tx *nat.NftEdit, command string) error {
	x, list, err := read(tx, command)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.rule == nil {
			rest, _ := strings.CutPrefix(command, "add ")
			if !strings.HasPrefix(rest, "element ") {
				rest, _, _ = strings.Cut(rest, " {")
			}
			return Do(tx, "delete "+rest, "")
		}
		r := x.like(c)
		if r == nil {
			return nat.ErrNotThere
		}
		if err := tx.DeleteRule(c.place.family, c.place.table.text, c.place.name.text, r.Handle); err != nil {
			return err
		}
	}
	return nil
}
