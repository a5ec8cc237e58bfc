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
		lo, hi, given, err := parseUintRange(value, ext, name, max)
		if err != nil {
			return err
		}
		return set(lo, hi, given, not)
	}}
}

// parseUintRange reads "5", "5:10", ":10" or "5:", one or two numbers that nobody puts in
// order.
func parseUintRange(s, ext, name string, max uint64) (lo, hi uint64, given int, err error) {
	for rest, more := s, true; more; given++ {
		if given == 2 {
			return 0, 0, 0, wrong("%s: Too many components for option \"--%s\" (max: 2)\n", ext, name)
		}
		n := max * uint64(given) // the end that is not there
		if near := rest; rest != "" && rest[0] != ':' {
			var ok bool
			n, rest, ok = leadingUint(rest)
			switch {
			case !ok || n > max:
				return 0, 0, 0, wrong("%s: bad value for option \"--%s\" near \"%s\", or out of range (0-%d).\n", ext, name, near, max)
			case rest != "" && rest[0] != ':':
				return 0, 0, 0, wrong("%s: Argument to \"--%s\" has unexpected characters near \"%s\".\n", ext, name, rest)
			}
		}
		if hi = n; given == 0 {
			lo = n
		}
		rest, more = strings.CutPrefix(rest, ":")
	}
	return lo, hi, given, nil
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
