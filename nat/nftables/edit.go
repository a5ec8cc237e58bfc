package nftables

import (
	"strings"

	"drydock/nat"
)

// Do does what a command says in an edit. A rule that is added is [nat.NftRule].Kept, and goes before the first one of its chain that
// has the comment before, unless that is "" or there is none.
func Do(tx *nat.NftEdit, command, before string) error {
	x, list, err := read(tx, command)
	if err != nil {
		return err
	}
	for _, c := range list {
		x.at = c.at
		if c.rule != nil {
			c.rule.Kept = true
		}
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
	return x.tx.Commented(c.place.family, c.place.table.text, c.place.name.text, comment)
}

// Has reports whether the rule is there that a command adds.
func Has(tx *nat.NftEdit, command string) bool {
	x, list, err := read(tx, command)
	return err == nil && len(list) == 1 && x.like(list[0]) >= 0
}

// like returns the place of the first rule that is as that of a command, but for what it has counted, -1 if there is none.
func (x *executor) like(c command) int {
	if c.rule == nil || x.resolve(c.place, c.rule) != nil {
		return -1
	}
	return x.tx.Find(c.place.family, c.place.table.text, c.place.name.text, &c.rule.NftRule)
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
		at := x.like(c)
		if at < 0 {
			return nat.ErrNotThere
		}
		if err := tx.DeleteAt(c.place.family, c.place.table.text, c.place.name.text, at); err != nil {
			return err
		}
	}
	return nil
}
