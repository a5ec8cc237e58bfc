package findutils

import (
	"errors"
	"regexp"

	"mvdan.cc/sh/v3/pattern"
)

// globMatch is fnmatch(3) as find calls it: a star is also for slashes.
func globMatch(glob string) (func(string) bool, error) {
	expr, err := pattern.Regexp(glob, pattern.EntireString)
	if err != nil {
		return nil, errors.New("invalid pattern")
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		return nil, errors.New("invalid pattern")
	}
	return rx.MatchString, nil
}
