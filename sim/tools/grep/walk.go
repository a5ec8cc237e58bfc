package grep

import (
	"io/fs"
	"path"
	"strings"

	"drydock/sim/tools/command"
)

// search looks into files, and with -r into those below directories.
func (s *searcher) search(names []string) {
	if len(names) == 0 && s.recursive {
		s.name = !s.withoutName
		s.tree(".", "")
		return
	}
	if len(names) == 0 {
		names = []string{"-"}
	}
	s.name = s.withName || !s.withoutName && (len(names) > 1 || s.recursive)
	for _, name := range names {
		if s.recursive && name != "-" {
			s.tree(name, name)
			continue
		}
		s.file(name, name)
	}
}

// tree searches a file or all below a directory; shown is its name in the output.
func (s *searcher) tree(name, shown string) {
	if s.ctx.Err() != nil || s.quiet && s.found {
		return
	}
	f, err := s.c.Open(name)
	if err != nil {
		s.fail(name, err)
		return
	}
	info, err := f.Stat()
	f.Close()
	if err != nil || !info.IsDir() {
		if err == nil && info.Mode().IsRegular() && s.wanted(path.Base(name)) {
			s.file(name, shown)
		}
		return
	}
	entries, err := fs.ReadDir(s.c.Files, s.c.Path(name))
	if err != nil {
		s.fail(name, err)
		return
	}
	for _, e := range entries {
		below := e.Name()
		if shown != "" {
			below = strings.TrimSuffix(shown, "/") + "/" + below
		}
		s.tree(path.Join(name, e.Name()), below)
	}
}

// wanted tells whether --include and --exclude let a file through.
func (s *searcher) wanted(base string) bool {
	if s.include != "" {
		if ok, _ := path.Match(s.include, base); !ok {
			return false
		}
	}
	excluded, _ := path.Match(s.exclude, base)
	return s.exclude == "" || !excluded
}

func (s *searcher) fail(name string, err error) {
	s.failed = true
	if !s.silent {
		s.c.Errorf("%s: %s: %s\n", s.c.Args[0], name, command.Reason(err))
	}
}
