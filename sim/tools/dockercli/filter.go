package dockercli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// filters are the values of --filter by key.
type filters map[string][]string

// Set adds NAME=VALUE. An empty text is nothing, which lets scripts pass an unset
// variable; whether the name is known the list decides later, as the daemon does.
func (f *filters) Set(s string) error {
	if s == "" {
		return nil
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		return dockerError("bad format of filter (expected name=value)")
	}
	if *f == nil {
		*f = make(filters)
	}
	key = strings.ToLower(strings.TrimSpace(key))
	(*f)[key] = append((*f)[key], strings.TrimSpace(value))
	return nil
}

// Type is what --help calls a value of the flag.
func (f *filters) Type() string { return "filter" }

func (f *filters) String() string { return "" }

// A filter makes the function that tells whether an object matches a value.
type filter[T any] func(value string) (func(T) bool, error)

// newMatcher returns whether an object matches one of the values of each key: values of
// one key are alternatives, keys are conditions. All are parsed before the first object
// is looked at, so a wrong one fails on an empty list, too.
func newMatcher[T any](f filters, known map[string]filter[T]) (func(T) bool, error) {
	var keys [][]func(T) bool
	for key, values := range f {
		newFilter, ok := known[key]
		if !ok {
			return nil, dockerError("Invalid filter '" + key + "'")
		}
		var anyOf []func(T) bool
		for _, value := range values {
			match, err := newFilter(value)
			if err != nil {
				return nil, err
			}
			anyOf = append(anyOf, match)
		}
		keys = append(keys, anyOf)
	}
	return func(t T) bool {
		for _, anyOf := range keys {
			if !slices.ContainsFunc(anyOf, func(match func(T) bool) bool { return match(t) }) {
				return false
			}
		}
		return true
	}, nil
}

// byText is the filter of a text that is to be the value.
func byText[T any](text func(T) string) filter[T] {
	return func(value string) (func(T) bool, error) {
		return func(t T) bool { return text(t) == value }, nil
	}
}

// byPattern is the filter of a text that is to be the value or to match it as a regular
// expression. A value that is none matches no more than itself. Go's expressions take
// time in proportion to the text, so a hostile one does no harm.
func byPattern[T any](text func(T) string) filter[T] {
	return func(value string) (func(T) bool, error) {
		re, err := regexp.Compile(value)
		return func(t T) bool { return text(t) == value || err == nil && re.MatchString(text(t)) }, nil
	}
}

// byPorts is, for one key, the filter of ports in the form "80/tcp", one of which is to
// be among those of the value, which is a port or a range, with or without a protocol.
func byPorts[T any](key string, ports func(T) []string) filter[T] {
	return func(value string) (func(T) bool, error) {
		if strings.Contains(value, ":") {
			return nil, fmt.Errorf("filter for '%s' should not contain ':': %s", key, value)
		}
		numbers, protocol, _ := strings.Cut(value, "/")
		first, last, err := parsePortRange(numbers)
		if err != nil {
			return nil, fmt.Errorf("error while looking up for %s %s: %v", key, value, err)
		}
		within := func(port string) bool {
			number, proto, _ := strings.Cut(port, "/")
			n, err := strconv.ParseUint(number, 10, 16)
			return err == nil && first <= n && n <= last && proto == cmp.Or(protocol, "tcp")
		}
		return func(t T) bool { return slices.ContainsFunc(ports(t), within) }, nil
	}
}

// parsePortRange parses "80" and "80-90", in the words of docker/go-connections, whose
// errors of numbers are strconv's.
func parsePortRange(s string) (first, last uint64, err error) {
	if s == "" {
		return 0, 0, dockerError("Empty string specified for ports.")
	}
	from, to, isRange := strings.Cut(s, "-")
	if first, err = strconv.ParseUint(from, 10, 16); err != nil || !isRange {
		return first, first, err
	}
	if last, err = strconv.ParseUint(to, 10, 16); err == nil && last < first {
		err = dockerError("Invalid range specified for the Port: " + s)
	}
	return first, last, err
}
