package findutils

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A finder is a run of find.
type finder struct {
	c        *command.Call
	ctx      context.Context
	min, max int
	failed   bool
	depth    bool
}

// A candidate is a file that find looks at.
type candidate struct {
	name  string
	info  fs.FileInfo
	prune bool
}

// A test tells whether a file is wanted, and may do something with it.
type test func(f *candidate) bool

// Find is find(1).
func Find(ctx context.Context, c *command.Call) int {
	f := finder{c: c, ctx: ctx, max: 1 << 30}
	args := c.Args[1:]
	var starts []string
	for len(args) > 0 && args[0] != "" && args[0][0] != '-' && args[0] != "(" && args[0] != "!" {
		starts, args = append(starts, args[0]), args[1:]
	}
	if len(starts) == 0 {
		starts = []string{"."}
	}
	p := &conditions{f: &f, args: args}
	wanted, err := p.parse()
	if err != nil {
		return c.Fail(1, "find: %v\n", err)
	}
	for _, name := range starts {
		f.start(name, wanted)
	}
	return gnu.Status(f.failed)
}

func (f *finder) start(name string, wanted test) {
	file, err := f.c.Open(name)
	var info fs.FileInfo
	if err == nil {
		info, err = file.Stat()
		file.Close()
	}
	if err != nil {
		f.c.Errorf("find: '%s': %s\n", name, command.Reason(err))
		f.failed = true
		return
	}
	f.walk(name, info, 0, wanted)
}

// walk looks at a file, and at what is in it.
func (f *finder) walk(name string, info fs.FileInfo, level int, wanted test) {
	if f.ctx.Err() != nil {
		return
	}
	at := &candidate{name: name, info: info}
	if level >= f.min && !f.depth {
		wanted(at)
	}
	if info.IsDir() && !at.prune && level < f.max {
		entries, err := fs.ReadDir(f.c.Files, f.c.Path(name))
		if err != nil {
			f.c.Errorf("find: '%s': %s\n", name, command.Reason(err))
			f.failed = true
		}
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				f.walk(strings.TrimSuffix(name, "/")+"/"+e.Name(), info, level+1, wanted)
			}
		}
	}
	if level >= f.min && f.depth {
		wanted(at)
	}
}

// conditions are the expression of find.
type conditions struct {
	f       *finder
	args    []string
	at      int
	action  bool // something is done, so that files are not printed besides
	nesting int
}

func (p *conditions) parse() (test, error) {
	if len(p.args) == 0 {
		return p.print("\n"), nil
	}
	t, err := p.or()
	if err == nil && p.at < len(p.args) {
		err = errors.New("paths must precede expression: `" + p.args[p.at] + "'")
	}
	if err == nil && !p.action {
		wanted, show := t, p.print("\n")
		t = func(f *candidate) bool { return wanted(f) && show(f) }
	}
	return t, err
}

func (p *conditions) peek() string {
	if p.at < len(p.args) {
		return p.args[p.at]
	}
	return ""
}

func (p *conditions) or() (test, error) {
	left, err := p.and()
	for err == nil && (p.peek() == "-o" || p.peek() == "-or") {
		p.at++
		var right test
		a := left
		right, err = p.and()
		left = func(f *candidate) bool { return a(f) || right(f) }
	}
	return left, err
}

func (p *conditions) and() (test, error) {
	left, err := p.not()
	for err == nil && p.at < len(p.args) && p.peek() != "-o" && p.peek() != "-or" && p.peek() != ")" {
		if p.peek() == "-a" || p.peek() == "-and" {
			p.at++
		}
		var right test
		a := left
		right, err = p.not()
		left = func(f *candidate) bool { return a(f) && right(f) }
	}
	return left, err
}

func (p *conditions) not() (test, error) {
	if p.nesting++; p.nesting > 1000 {
		return nil, errors.New("expression too deep")
	}
	defer func() { p.nesting-- }()
	switch p.peek() {
	case "!", "-not":
		p.at++
		t, err := p.not()
		return func(f *candidate) bool { return !t(f) }, err
	case "(":
		p.at++
		t, err := p.or()
		if err == nil && p.peek() != ")" {
			err = errors.New("invalid expression; expected to find a ')' but didn't see one. Perhaps you need an extra predicate after '('")
		}
		p.at++
		return t, err
	}
	return p.primary()
}

func (p *conditions) print(end string) test {
	return func(f *candidate) bool {
		p.f.c.Printf("%s%s", f.name, end)
		return true
	}
}
