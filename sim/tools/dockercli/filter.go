package dockercli

import (
	"encoding/json"
	"net/url"
	"strings"
)

// filters are the values of --filter by key. Which there are, and what they mean, the daemon
// knows.
type filters map[string][]string

// Set adds NAME=VALUE. An empty text is nothing, which lets scripts pass an unset variable.
func (f filters) Set(s string) error {
	if s == "" {
		return nil
	}
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		return dockerError("bad format of filter (expected name=value)")
	}
	key = strings.ToLower(strings.TrimSpace(key))
	f[key] = append(f[key], strings.TrimSpace(value))
	return nil
}

// Type is what --help calls a value of the flag.
func (f filters) Type() string { return "filter" }

func (f filters) String() string { return "" }

// query adds the filters to q, as the API has them: {"name":{"web":true}}.
func (f filters) query(q url.Values) url.Values {
	if len(f) == 0 {
		return q
	}
	sets := make(map[string]map[string]bool)
	for key, values := range f {
		sets[key] = make(map[string]bool)
		for _, v := range values {
			sets[key][v] = true
		}
	}
	text, err := json.Marshal(sets)
	if err != nil {
		panic(err) // of texts alone
	}
	q.Set("filters", string(text))
	return q
}
