// Package words expands the words of a shell: braces, tildes, parameters, command
// substitutions, arithmetic, splitting into fields, and names of files.
//
// Package mvdan.cc/sh/v3/expand does the same and was not enough. It splits what is quoted in
// ${x:-"a b"}, loses empty fields of IFS=: and the fields of "a$@b", keeps the backslash of
// x=a\ b, and takes a quoted * for a pattern. It reads the real machine's list of users for
// ~name, and ${x//a/$x} takes any amount of memory. What is used of mvdan.cc/sh/v3 is the
// parser, patterns, and the expansion of braces.
package words

import (
	"errors"
	"io/fs"
	"strings"

	"drydock/sim/tools/shell/internal/glob"
	"drydock/sim/tools/shell/internal/vars"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// maxText is how much text the expansion of one list of words may yield, and what a command
// substitution may: half of ARG_MAX, so that environment and arguments fit.
const maxText = 1 << 20

// ErrTooLong is an expansion that yields more than 1 MiB.
var ErrTooLong = errors.New("Argument list too long")

// A Fault is an expansion that fails with the shell's own words and, if it has one, status.
type Fault struct {
	Text   string
	Status int // 0: that of any fault of the shell
}

func (f *Fault) Error() string { return f.Text }

// An Expander expands words for one shell. It is used by one goroutine.
type Expander struct {
	Vars   *vars.Set
	Params []string // $1 and so on

	// Special returns parameters that are no variables: $?, $0 and so on.
	Special func(name string) (value string, ok bool)
	// Substitute runs a command substitution and returns its output.
	Substitute func(*syntax.CmdSubst) (string, error)
	// Home returns the home directory of a user.
	Home func(user string) (dir string, ok bool)
	// ReadDir lists a directory by its absolute name.
	ReadDir func(dir string) ([]fs.DirEntry, error)

	Dir      string // the working directory
	Bash     bool   // braces, and bash's words for faults
	Extended bool   // arithmetic that POSIX has not
	NoUnset  bool   // set -u
	NoGlob   bool   // set -f

	left  int // of maxText
	depth int // of calls
}

// enter begins an expansion, which may be a part of another one. The function ends it.
func (e *Expander) enter() func() {
	if e.depth == 0 {
		e.left = maxText
	}
	e.depth++
	return func() { e.depth-- }
}

// take accounts for text.
func (e *Expander) take(n int) error {
	if n > e.left {
		return ErrTooLong
	}
	e.left -= n
	return nil
}

// Fields expands words to the arguments of a command.
func (e *Expander) Fields(words ...*syntax.Word) ([]string, error) {
	defer e.enter()()
	var fields []string
	for _, w := range words {
		if !e.Bash {
			var err error
			if fields, err = e.fields(fields, w); err != nil {
				return nil, err
			}
			continue
		}
		split := *w
		if !syntax.SplitBraces(&split) {
			var err error
			if fields, err = e.fields(fields, w); err != nil {
				return nil, err
			}
			continue
		}
		for w, err := range expand.BracesSeq(nil, &split) {
			if err != nil {
				return nil, ErrTooLong
			}
			if fields, err = e.fields(fields, w); err != nil {
				return nil, err
			}
		}
	}
	return fields, nil
}

// fields appends those of a word.
func (e *Expander) fields(fields []string, w *syntax.Word) ([]string, error) {
	if text, ok := plain(w); ok {
		return append(fields, text), e.take(len(text) + 1)
	}
	pieces, err := e.parts(nil, w.Parts, unquoted)
	if err != nil {
		return nil, err
	}
	s := splitter{ifs: e.ifs()}
	for _, p := range pieces {
		s.add(p)
	}
	for _, f := range s.end() {
		if err := e.take(len(f.text) + 1); err != nil {
			return nil, err
		}
		if f.meta && !e.NoGlob {
			names, err := e.find(f.pattern)
			if err != nil {
				return nil, err
			}
			if len(names) > 0 {
				fields = append(fields, names...)
				continue
			}
		}
		fields = append(fields, f.text)
	}
	return fields, nil
}

// find returns the names of files that are like a pattern.
func (e *Expander) find(pattern string) ([]string, error) {
	if e.ReadDir == nil {
		return nil, nil
	}
	files := glob.Files{Dir: e.Dir, ReadDir: e.ReadDir}
	names, err := files.Find(pattern)
	if err != nil {
		return nil, ErrTooLong
	}
	n := 0
	for _, name := range names {
		n += len(name) + 1
	}
	return names, e.take(n)
}

// ifs returns the characters that separate fields.
func (e *Expander) ifs() string {
	if ifs, ok := e.Vars.Get("IFS"); ok {
		return ifs
	}
	return " \t\n"
}

// plain returns the text of a word that has nothing to expand.
func plain(w *syntax.Word) (string, bool) {
	if len(w.Parts) != 1 {
		return "", false
	}
	lit, ok := w.Parts[0].(*syntax.Lit)
	if !ok || strings.ContainsAny(lit.Value, `\~*?[`) {
		return "", false
	}
	return lit.Value, true
}

// Word expands a word that stays one, as those of assignments and redirections do. No word is
// an empty one.
func (e *Expander) Word(w *syntax.Word) (string, error) { return e.text(w, unquoted) }

// Document expands the text of a here-document.
func (e *Expander) Document(w *syntax.Word) (string, error) { return e.text(w, document) }

func (e *Expander) text(w *syntax.Word, q quoting) (string, error) {
	if w == nil {
		return "", nil
	}
	defer e.enter()()
	pieces, err := e.parts(nil, w.Parts, q)
	if err != nil {
		return "", err
	}
	return e.join(pieces), nil
}

// join makes one text of pieces.
func (e *Expander) join(pieces []piece) string {
	if len(pieces) == 1 {
		return pieces[0].text
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.ends {
			b.WriteByte(' ')
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// Pattern expands a word to a pattern, in which what was quoted means itself.
func (e *Expander) Pattern(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	defer e.enter()()
	pieces, err := e.parts(nil, w.Parts, unquoted)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, p := range pieces {
		if p.quoted {
			b.WriteString(pattern.QuoteMeta(p.text, 0))
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String(), nil
}
