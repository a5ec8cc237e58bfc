package dockerd

import (
	"fmt"
	"strconv"
	"strings"
)

// A version is one of the API: 1.41.
type version [2]int

// Docker 20.10.24 knows these.
var (
	current = version{1, 41}
	oldest  = version{1, 12}
)

const engineVersion = "20.10.24"

func (v version) String() string { return fmt.Sprintf("%d.%d", v[0], v[1]) }

func (v version) less(than version) bool {
	return v[0] < than[0] || v[0] == than[0] && v[1] < than[1]
}

// check says whether this API can be spoken.
func (v version) check() error {
	switch {
	case v.less(oldest):
		return badRequest(fmt.Sprintf("client version %v is too old. Minimum supported API version is %v, please upgrade your client to a newer version", v, oldest))
	case current.less(v):
		return badRequest(fmt.Sprintf("client version %v is too new. Maximum supported API version is %v", v, current))
	}
	return nil
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
	major, minor, _ := strings.Cut(text, ".")
	minor, _, _ = strings.Cut(minor, ".")
	v[0], _ = strconv.Atoi(major) // what is too long is the highest number
	v[1], _ = strconv.Atoi(minor)
	return v, "/" + rest, true
}
