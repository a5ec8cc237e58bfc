package iptables

import (
	"strings"
)

// Options with numbers, in the words of libxtables. Their messages begin with the name of
// the extension.

// numberOption is an option with a number from min to max.
func numberOption(ext, name string, min, max uint64, set func(n uint64, not bool)) option {
	return option{names: []string{name}, set: func(value string, not bool) error {
		n, ok := parseUint(value, max)
		if !ok || n < min {
			return wrong("%s: bad value for option \"--%s\", or out of range (%d-%d).\n", ext, name, min, max)
		}
		set(n, not)
		return nil
	}}
}

// rangeOption is an option with "10", "10:20", ":20" or "10:".
func rangeOption(ext, name string, max uint64, set func(lo, hi uint64, given int, not bool) error) option {
	return option{names: []string{name}, set: func(value string, not bool) error {
		var ends []uint64
		for rest, more := value, true; more; {
			if len(ends) == 2 {
				return wrong("%s: Too many components for option \"--%s\" (max: 2)\n", ext, name)
			}
			n := uint64(0)
			if len(ends) == 1 {
				n = max
			}
			near := rest
			if rest != "" && rest[0] != ':' {
				var ok bool
				if n, rest, ok = leadingUint(rest); !ok || n > max {
					return wrong("%s: bad value for option \"--%s\" near \"%s\", or out of range (0-%d).\n", ext, name, near, max)
				}
				if rest != "" && rest[0] != ':' {
					return wrong("%s: Argument to \"--%s\" has unexpected characters near \"%s\".\n", ext, name, rest)
				}
			}
			ends = append(ends, n)
			rest, more = strings.CutPrefix(rest, ":")
		}
		return set(ends[0], ends[len(ends)-1], len(ends), not)
	}}
}

// textOption is an option with a text, which is never too short.
func textOption(name string, set func(value string, not bool) error) option {
	return option{names: []string{name}, set: set}
}

// inverted, required and exclusive return the option with a property more.
func (o option) inverted() option  { o.not = true; return o }
func (o option) required() option  { o.must = true; return o }
func (o option) exclusive() option { o.only = true; return o }

// badValue is about a value that an extension reads itself.
func badValue(ext, option, value string) error {
	return wrong("%s: Bad value for \"%s\" option: \"%s\"", ext, option, value)
}
