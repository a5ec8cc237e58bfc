package dockerd

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// filters are what a list is to be cut down to: values by key. Of several values of a key
// one is enough, unless a method says otherwise.
type filters map[string]map[string]bool

// filters returns the parameter of that name. It is {"name":{"web":true}} or, of old
// clients, {"name":["web"]}.
func (c *call) filters() (filters, error) {
	text := c.form.Get("filters")
	f := make(filters)
	if text == "" {
		return f, nil
	}
	err := json.Unmarshal([]byte(text), &f)
	if err == nil {
		return f, nil
	}
	var old map[string][]string
	if json.Unmarshal([]byte(text), &old) != nil {
		return nil, err
	}
	clear(f)
	for key, values := range old {
		f[key] = make(map[string]bool)
		for _, v := range values {
			f[key][v] = true
		}
	}
	return f, nil
}

// check refuses keys that are not among those given.
func (f filters) check(keys string) error {
	for _, key := range f.keys() {
		if !slices.Contains(strings.Fields(keys), key) {
			return badRequest("Invalid filter '" + key + "'")
		}
	}
	return nil
}

func (f filters) keys() []string { return slices.Sorted(maps.Keys(f)) }

// values returns the values of a key, in order.
func (f filters) values(key string) []string { return slices.Sorted(maps.Keys(f[key])) }

func (f filters) has(key string) bool { return f[key] != nil }

// exact reports whether text is one of the values, or there are none.
func (f filters) exact(key, text string) bool { return len(f[key]) == 0 || f[key][text] }

// match is exact with values that are regular expressions.
func (f filters) match(key, text string) bool {
	if f.exact(key, text) {
		return true
	}
	for value := range f[key] {
		if ok, err := regexp.MatchString(value, text); err == nil && ok {
			return true
		}
	}
	return false
}

// begins is exact with values that text begins with.
func (f filters) begins(key, text string) bool {
	if f.exact(key, text) {
		return true
	}
	for value := range f[key] {
		if strings.HasPrefix(text, value) {
			return true
		}
	}
	return false
}

// pairs reports whether all values, "NAME" or "NAME=VALUE", are in m.
func (f filters) pairs(key string, m map[string]string) bool {
	for value := range f[key] {
		name, want, given := strings.Cut(value, "=")
		if have, ok := m[name]; !ok || given && have != want {
			return false
		}
	}
	return true
}

// truth returns the one value of a key that may be true or false. Without one it is not
// given.
func (f filters) truth(key string) (is, given bool, err error) {
	values := f.values(key)
	if len(values) == 0 {
		return false, false, nil
	}
	if len(values) > 1 {
		return false, false, badRequest(fmt.Sprintf("got more than one value for filter key %q", key))
	}
	switch values[0] {
	case "0", "false":
		return false, true, nil
	case "1", "true":
		return true, true, nil
	}
	return false, false, badRequest(fmt.Sprintf(`invalid value for filter '%s', must be "true" (or "1"), or "false" (or "0")`, key))
}
