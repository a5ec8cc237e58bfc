// Package grep has the programs of GNU grep 3.8:
//
//	grep, egrep, fgrep [-EFGciLlnoqsvwxHhrR] [-m N] [-A N] [-B N] [-C N] [-e PATTERN]... [-f FILE]
//	    [--include GLOB] [--exclude GLOB] [PATTERN] [FILE...]
//
// Expressions are those of POSIX, by package regexp: all but references such as \1. Characters
// are those of UTF-8.
package grep

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
	"drydock/sim/tools/internal/posixre"
)

// Commands returns the commands of the package.
func Commands() command.Table {
	return gnu.WrapAll(command.Table{"grep": Grep, "egrep": Grep, "fgrep": Grep})
}

// A searcher is the options of grep and what it has found.
type searcher struct {
	c                                *command.Call
	ctx                              context.Context
	extended, fixed, basic           bool
	fold, invert, word, whole        bool
	count, files, filesWithout       bool
	number, only, quiet, silent      bool
	withName, withoutName, recursive bool
	maxCount, before, after, around  int
	patterns                         []string
	given                            bool
	include, exclude                 string
	matchers                         []*regexp.Regexp
	name                             bool // names are shown
	found, failed                    bool
}

func (s *searcher) options() []command.Option {
	number := func(names, what string, n *int) command.Option {
		return command.Option{Names: names, Value: true, Set: func(_, v string) error {
			u, err := strconv.ParseUint(v, 10, 31)
			if err != nil {
				return gnu.Bad("%s: %s", v, what)
			}
			*n = int(u)
			return nil
		}}
	}
	const context = "invalid context length argument"
	return []command.Option{
		gnu.Flag("E extended-regexp", &s.extended), gnu.Flag("F fixed-strings", &s.fixed), gnu.Flag("G basic-regexp", &s.basic),
		gnu.Flag("i y ignore-case", &s.fold), gnu.Flag("v invert-match", &s.invert), gnu.Flag("w word-regexp", &s.word),
		gnu.Flag("x line-regexp", &s.whole), gnu.Flag("c count", &s.count), gnu.Flag("l files-with-matches", &s.files),
		gnu.Flag("L files-without-match", &s.filesWithout), gnu.Flag("n line-number", &s.number), gnu.Flag("o only-matching", &s.only),
		gnu.Flag("q quiet silent", &s.quiet), gnu.Flag("s no-messages", &s.silent), gnu.Flag("H with-filename", &s.withName),
		gnu.Flag("h no-filename", &s.withoutName), gnu.Flag("r R recursive dereference-recursive", &s.recursive),
		number("m max-count", "invalid max count", &s.maxCount), number("A after-context", context, &s.after),
		number("B before-context", context, &s.before), number("C context", context, &s.around),
		{Names: "e regexp", Value: true, Set: func(_, v string) error { s.add(v); return nil }},
		{Names: "f file", Value: true, Set: s.patternFile},
		gnu.Text("include", &s.include), gnu.Text("exclude", &s.exclude),
	}
}

// add adds patterns, one in a line.
func (s *searcher) add(text string) {
	s.patterns = append(s.patterns, strings.Split(text, "\n")...)
	s.given = true
}

func (s *searcher) patternFile(_, name string) error {
	f, err := gnu.Open(s.c, name)
	if err != nil {
		return gnu.Bad("%s: %s", name, command.Reason(err))
	}
	defer f.Close()
	text, err := gnu.ReadAll(f)
	if err != nil {
		return gnu.Bad("%s: %s", name, command.Reason(err))
	}
	s.patterns, s.given = append(s.patterns, gnu.Split(text)...), true
	return nil
}

const usage = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n"

// Grep is grep(1).
func Grep(ctx context.Context, c *command.Call) int {
	s := searcher{c: c, ctx: ctx, maxCount: -1, before: -1, after: -1, around: 0}
	names, err := command.Getopt(c.Args[1:], s.options())
	var bad *command.OptionError
	switch {
	case errors.As(err, &bad):
		return c.Fail(2, "%s: %v\n"+usage, c.Args[0], err)
	case err != nil:
		return c.Fail(2, "%s: %v\n", c.Args[0], err)
	case !s.given && len(names) == 0:
		return c.Fail(2, usage)
	case !s.given:
		s.add(names[0])
		names = names[1:]
	}
	if err := s.compile(); err != nil {
		return c.Fail(2, "%s: %v\n", c.Args[0], err)
	}
	s.search(names)
	switch {
	case s.found && (s.quiet || !s.failed):
		return 0
	case s.failed:
		return 2
	}
	return 1
}

func (s *searcher) compile() error {
	if s.before < 0 {
		s.before = s.around
	}
	if s.after < 0 {
		s.after = s.around
	}
	o := posixre.Options{Fold: s.fold, Whole: s.whole}
	o.Extended = s.extended || s.c.Args[0] == "egrep"
	o.Literal = s.fixed || s.c.Args[0] == "fgrep"
	for _, p := range s.patterns {
		rx, err := posixre.Compile(p, o)
		if err != nil {
			return err
		}
		s.matchers = append(s.matchers, rx)
	}
	return nil
}

// match returns where the first match at or behind start is, or false.
func (s *searcher) match(line string, start int) (from, to int, ok bool) {
	for _, rx := range s.matchers {
		for _, m := range rx.FindAllStringIndex(line, -1) {
			if m[0] < start || s.word && !s.shorten(rx, line, m) {
				continue
			}
			if !ok || m[0] < from || m[0] == from && m[1] > to {
				from, to, ok = m[0], m[1], true
			}
			break
		}
	}
	return from, to, ok
}

// shorten makes a match one of a whole word, with an end further ahead if need be.
func (s *searcher) shorten(rx *regexp.Regexp, line string, m []int) bool {
	for !isWordAt(line, m[0], m[1]) {
		shorter := rx.FindStringIndex(line[m[0]:max(m[0], m[1]-1)])
		if m[1] <= m[0] || shorter == nil || shorter[0] != 0 {
			return false
		}
		m[1] = m[0] + shorter[1]
	}
	return true
}

// isWordAt tells whether no letter, digit or _ is beside a part of a line.
func isWordAt(line string, from, to int) bool {
	isWord := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return (from == 0 || !isWord(line[from-1])) && (to == len(line) || !isWord(line[to]))
}

// A held line is one of -B, not yet shown.
type held struct {
	number int
	text   string
}

// A state is a search in one file.
type state struct {
	*searcher
	shown   string
	line    int
	matches int
	last    int // the last line that was shown
	after   int // lines still to be shown for -A
	before  []held
}

// file searches one file.
func (s *searcher) file(name, shown string) {
	f, err := gnu.Open(s.c, name)
	if err != nil {
		s.fail(name, err)
		return
	}
	defer f.Close()
	if shown == "-" {
		shown = "(standard input)"
	}
	if s.maxCount == 0 {
		return
	}
	st := &state{searcher: s, shown: shown}
	err = gnu.Lines(f, st.one)
	var plain interface{ IsDir() bool }
	if info, statErr := statOf(f); statErr == nil {
		plain = info
	}
	switch {
	case err != nil && plain != nil && plain.IsDir():
		s.c.Errorf("%s: %s: Is a directory\n", s.c.Args[0], name)
		s.failed = true
	case err != nil:
		s.fail(name, err)
	case s.quiet:
	case s.count:
		s.prefix(shown, ":")
		s.c.Printf("%d\n", st.matches)
	case s.files && st.matches > 0, s.filesWithout && st.matches == 0:
		s.c.Printf("%s\n", shown)
	}
}

func statOf(f any) (fs.FileInfo, error) {
	if f, ok := f.(interface{ Stat() (fs.FileInfo, error) }); ok {
		return f.Stat()
	}
	return nil, fs.ErrInvalid
}

// prefix shows the name of the file.
func (s *searcher) prefix(shown, separator string) {
	if s.name {
		s.c.Printf("%s%s", shown, separator)
	}
}
