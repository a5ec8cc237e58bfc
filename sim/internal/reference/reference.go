// Package reference reads the names of images as Docker does: "nginx" is "nginx:latest" and
// "docker.io/library/nginx:latest".
package reference

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A Reference is the name of an image. It is comparable.
type Reference struct {
	Domain string // "docker.io"
	Path   string // "library/nginx"
	Tag    string // "latest"; empty with a Digest that no tag goes with
	Digest string // "sha256:" and hex digits, or empty
}

const (
	defaultDomain = "docker.io"
	legacyDomain  = "index.docker.io"
	library       = "library/" // of what has no owner at the default domain
	defaultTag    = "latest"
	maxName       = 255 // domain and path
)

var (
	referenceRE = regexp.MustCompile(`^(` + domain + `/` + component + `(?:/` + component + `)*)(?::(` + tag + `))?(?:@(` + digest + `))?$`)
	hexRE       = regexp.MustCompile(`^[a-f0-9]{64}$`)
)

const (
	label     = `(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`
	domain    = label + `(?:\.` + label + `)*(?::[0-9]+)?`
	component = `[a-z0-9]+(?:(?:[._]|__|-*)[a-z0-9]+)*`
	tag       = `\w[\w.-]{0,127}`
	digest    = `[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[[:xdigit:]]{32,}`
)

// Why a name is none, in Docker's words.
var (
	errFormat = errors.New("invalid reference format")
	errCase   = errors.New("invalid reference format: repository name must be lowercase")
	errLength = fmt.Errorf("repository name must not be more than %d characters", maxName)
)

// Parse reads the name of an image. The tag is "latest" if there is neither one nor a digest.
func Parse(name string) (Reference, error) {
	if hexRE.MatchString(name) {
		return Reference{}, fmt.Errorf("invalid repository name (%s), cannot specify 64-byte hexadecimal strings", name)
	}
	r := Reference{}
	r.Domain, r.Path = split(name)
	if repository, _, _ := strings.Cut(r.Path, ":"); strings.ToLower(repository) != repository {
		return Reference{}, errCase
	}
	m := referenceRE.FindStringSubmatch(r.Domain + "/" + r.Path)
	switch {
	case m == nil:
		return Reference{}, errFormat
	case len(m[1]) > maxName:
		return Reference{}, errLength
	}
	r.Path, r.Tag, r.Digest = m[1][len(r.Domain)+1:], m[2], m[3]
	if r.Digest == "" {
		r.Tag = cmp.Or(r.Tag, defaultTag)
	}
	return r, nil
}

// split parts the domain of a registry from the rest, which may be without it.
func split(name string) (domain, rest string) {
	domain, rest, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(domain, ".:") && domain != "localhost" {
		domain, rest = defaultDomain, name
	}
	if domain == legacyDomain {
		domain = defaultDomain
	}
	if domain == defaultDomain && !strings.Contains(rest, "/") {
		rest = library + rest
	}
	return domain, rest
}

// Name returns the name without tag and digest, as short as it goes: "nginx".
func (r Reference) Name() string {
	if r.Domain != defaultDomain {
		return r.Domain + "/" + r.Path
	}
	if short, ok := strings.CutPrefix(r.Path, library); ok && !strings.Contains(short, "/") {
		return short
	}
	return r.Path
}

// String returns the whole name, as short as it goes: "nginx:latest".
func (r Reference) String() string {
	s := r.Name()
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + r.Digest
	}
	return s
}
