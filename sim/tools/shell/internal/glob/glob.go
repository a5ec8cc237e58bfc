// Package glob finds files by the patterns of a shell, and matches texts with them.
package glob

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/pattern"
)

// ErrTooMany is a pattern for which there are too many names.
var ErrTooMany = errors.New("too many names")

// Files are what patterns are looked up in.
type Files struct {
	Dir     string // the working directory
	ReadDir func(dir string) ([]fs.DirEntry, error)
}

// maxNames bounds how many entries of directories a pattern looks at: */../*/../* would
// otherwise double them with each star.
const maxNames = 100_000

// Match returns a function that tells whether a text is like a pattern.
func Match(pat string) (func(string) bool, error) {
	expr, err := pattern.Regexp(pat, pattern.EntireString|pattern.ExtendedOperators)
	if err != nil {
		return nil, err
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	return rx.MatchString, nil
}

// Find returns the names of files that are like a pattern, in order. There are none if it is
// no pattern after all.
func (f *Files) Find(pat string) ([]string, error) {
	names := []string{""}
	seen := 0
	for strings.HasPrefix(pat, "/") {
		names[0], pat = names[0]+"/", pat[1:]
	}
	for pat != "" {
		part, slashes := pat, ""
		if i := strings.IndexByte(pat, '/'); i >= 0 {
			part, slashes = pat[:i], pat[i:]
		}
		pat = strings.TrimLeft(slashes, "/")
		slashes = slashes[:len(slashes)-len(pat)]
		match, err := fileMatch(part)
		if err != nil {
			return nil, nil
		}
		var next []string
		for _, name := range names {
			found, err := f.globDir(name, part, match, slashes)
			if err != nil {
				return nil, err
			}
			if seen += len(found) + 1; seen > maxNames {
				return nil, ErrTooMany
			}
			next = append(next, found...)
		}
		names = next
	}
	slices.Sort(names)
	return names, nil
}

// fileMatch is Match for a name, nil if the pattern is literal.
func fileMatch(pat string) (func(string) bool, error) {
	if !pattern.HasMeta(pat, pattern.ExtendedOperators) {
		return nil, nil
	}
	expr, err := pattern.Regexp(pat, pattern.EntireString|pattern.Filenames|pattern.NoGlobStar|pattern.ExtendedOperators)
	if err != nil {
		return nil, err
	}
	rx, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	return rx.MatchString, nil
}

// globDir returns what there is in dir by that name, or like it, with slashes behind.
func (f *Files) globDir(dir, part string, match func(string) bool, slashes string) ([]string, error) {
	if match == nil {
		name := dir + unescape(part)
		if slashes == "" && !f.exists(dir, unescape(part)) {
			return nil, nil
		}
		return []string{name + slashes}, nil // what has more behind it is looked for there
	}
	entries, err := f.ReadDir(f.absolute(dir))
	if err != nil {
		return nil, nil
	}
	if len(entries) > maxNames {
		return nil, ErrTooMany
	}
	var found []string
	for _, entry := range entries {
		if match(entry.Name()) && (slashes == "" || entry.IsDir()) {
			found = append(found, dir+entry.Name()+slashes)
		}
	}
	return found, nil
}

// exists tells whether a directory has a name.
func (f *Files) exists(dir, name string) bool {
	if name == "" || name == "." || name == ".." {
		_, err := f.ReadDir(f.absolute(dir))
		return err == nil
	}
	entries, _ := f.ReadDir(f.absolute(dir))
	for _, entry := range entries {
		if entry.Name() == name {
			return true
		}
	}
	return false
}

func (f *Files) absolute(dir string) string {
	if !strings.HasPrefix(dir, "/") {
		dir = f.Dir + "/" + dir
	}
	return path.Clean("/" + dir)
}

// unescape takes the backslashes out of a pattern that is literal.
func unescape(pat string) string {
	if !strings.Contains(pat, `\`) {
		return pat
	}
	var b strings.Builder
	for i := 0; i < len(pat); i++ {
		if pat[i] == '\\' && i+1 < len(pat) {
			i++
		}
		b.WriteByte(pat[i])
	}
	return b.String()
}
