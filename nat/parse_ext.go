package nat

import "strings"

// An extension is a match or a target while its options are read.
type extension struct {
	name    string // as messages have it
	options []extOption
	seen    []int // how often each of options came

	// complain makes the message for an option that comes twice; nil is that of
	// most extensions.
	complain func(option string) error
	check    func() error // after the last option; may be nil

	match  func() Match
	target func() Target
}

// An extOption is an option of an extension.
type extOption struct {
	names  []string // all its spellings; messages use the first
	flag   bool     // takes no value
	must   bool     // the extension makes no sense without it
	not    bool     // "!" may precede it
	many   bool     // may come more than once
	only   bool     // excludes the others with only
	second bool     // takes two values, joined by a 0 byte
	set    func(value string, not bool) error
}

// use reads an option.
func (e *extension) use(i int, value string, not bool) error {
	o := &e.options[i]
	e.seen[i]++
	if e.seen[i] > 1 && !o.many {
		if e.complain != nil {
			return e.complain(o.names[0])
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

// any reports whether an option came at all.
func (e *extension) any() bool {
	for _, n := range e.seen {
		if n > 0 {
			return true
		}
	}
	return false
}

// A longOption is a candidate for a long option: one of a command line's own, or
// one of an extension.
type longOption struct {
	base *baseOption
	ext  *extension
	i    int
}

func (o longOption) takesValue() bool {
	if o.base != nil {
		return o.base.value
	}
	return !o.ext.options[o.i].flag
}

// findLong returns the option that name is, or is the beginning of no other than.
// As with getopt_long, an exact name wins, and of several the option of the
// extension that was loaded last.
func (p *parser) findLong(name string) (longOption, bool) {
	var found []longOption
	consider := func(spelling string, o longOption) (exact bool) {
		if strings.HasPrefix(spelling, name) && (len(found) == 0 || found[len(found)-1] != o) {
			found = append(found, o)
		}
		return spelling == name
	}
	for i := range baseOptions {
		if consider(baseOptions[i].long, longOption{base: &baseOptions[i]}) {
			return found[len(found)-1], true
		}
	}
	for k := len(p.extensions) - 1; k >= 0; k-- {
		e := p.extensions[k]
		if p.overridden(k) {
			continue
		}
		for i := range e.options {
			for _, spelling := range e.options[i].names {
				if o := (longOption{ext: e, i: i}); consider(spelling, o) {
					return o, true
				}
			}
		}
	}
	if len(found) == 0 {
		return longOption{}, false
	}
	for _, o := range found[1:] {
		if !sameOption(found[0], o) {
			return longOption{}, false
		}
	}
	return found[0], true
}

// sameOption reports whether two candidates are spellings of one option.
func sameOption(a, b longOption) bool {
	if a.base != nil && b.base != nil {
		return a.base.short == b.base.short
	}
	return a == b
}

// overridden reports whether an extension of the same name was loaded after the
// k-th, which then gets no options any more.
func (p *parser) overridden(k int) bool {
	for _, e := range p.extensions[k+1:] {
		if e.name == p.extensions[k].name {
			return true
		}
	}
	return false
}
