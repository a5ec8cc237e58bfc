package iptables

import "strings"

// A longOption is a candidate for a long option: one of a command line's own, or
// one of an extension.
type longOption struct {
	base *baseOption
	ext  *extension
	i    int
}

// takesValue is false for options with an optional value, -L and the like: those look for
// it themselves, in the word that follows.
func (o longOption) takesValue() bool {
	if o.base != nil {
		return o.base.value
	}
	return !o.ext.options[o.i].flag
}

// findLong returns the option that name is, or is the beginning of no other than.
// As with getopt_long, an exact name wins, and of several the option of the
// extension that was loaded last. iptables merges the options of an extension into the
// table of getopt_long in front of those of older ones, so that "-m tcp -m multiport
// --sports" is multiport's, and "--sport" is exactly tcp's. A beginning that fits several
// different options is none.
func (p *parser) findLong(name string) (longOption, bool) {
	var found []longOption
	// Two spellings of one option are no ambiguity, which they are side by side.
	consider := func(spelling string, o longOption) (exact bool) {
		if strings.HasPrefix(spelling, name) && (len(found) == 0 || found[len(found)-1] != o) {
			found = append(found, o)
		}
		return spelling == name
	}
	// The command's own options come first, and cannot be hidden by those of an extension.
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
	// Several spellings may begin so, as long as they mean one option.
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
