package dockerd

import (
	"fmt"
	"strconv"
	"strings"
)

// A version is one of the API: 1.41.
type version [2]int

func (v version) String() string { return fmt.Sprintf("%d.%d", v[0], v[1]) }

func (v version) less(than version) bool {
	return v[0] < than[0] || v[0] == than[0] && v[1] < than[1]
}

// cutVersion takes the version from the front of a path: /v1.41/info. Without one it is
// the current one.
func cutVersion(path string) (v version, rest string, ok bool) {
	text, ok := strings.CutPrefix(path, "/v")
	if !ok {
		return version{}, path, false
	}
	text, rest, ok = strings.Cut(text, "/")
	if !ok || text == "" || strings.Trim(text, "0123456789.") != "" {
		return version{}, path, false
	}
	return parseVersion(text), "/" + rest, true
}

// parseVersion reads the first two numbers. What is none is 0, what is too long the highest.
func parseVersion(text string) (v version) {
	major, minor, _ := strings.Cut(text, ".")
	minor, _, _ = strings.Cut(minor, ".")
	v[0], _ = strconv.Atoi(major)
	v[1], _ = strconv.Atoi(minor)
	return v
}
