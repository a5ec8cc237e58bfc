package findutils

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// primary is a test or an action.
func (p *conditions) primary() (test, error) {
	name := p.peek()
	if p.at == len(p.args) {
		return nil, errors.New("invalid expression")
	}
	p.at++
	switch name {
	case "-print":
		p.action = true
		return p.print("\n"), nil
	case "-print0":
		p.action = true
		return p.print("\x00"), nil
	case "-prune":
		return func(f *candidate) bool { f.prune = true; return true }, nil
	case "-depth", "-delete":
		p.f.depth = true
		if name == "-depth" {
			return func(*candidate) bool { return true }, nil
		}
		p.action = true
		return p.remove, nil
	case "-true", "-false":
		return func(*candidate) bool { return name == "-true" }, nil
	case "-empty":
		return p.empty, nil
	case "-exec":
		return p.exec()
	case "-name", "-iname", "-path", "-ipath", "-type", "-maxdepth", "-mindepth", "-size":
	default:
		if !strings.HasPrefix(name, "-") {
			return nil, errors.New("paths must precede expression: `" + name + "'")
		}
		return nil, errors.New("unknown predicate `" + name + "'")
	}
	if p.at == len(p.args) {
		return nil, errors.New("missing argument to `" + name + "'")
	}
	p.at++
	return p.withValue(name, p.args[p.at-1])
}

func (p *conditions) withValue(name, value string) (test, error) {
	switch name {
	case "-type":
		if len(value) != 1 || strings.IndexByte("bcdflps", value[0]) < 0 {
			return nil, errors.New("Unknown argument to -type: " + value)
		}
		return func(f *candidate) bool { return kind(f.info.Mode()) == value[0] }, nil
	case "-maxdepth", "-mindepth":
		n, err := strconv.ParseUint(value, 10, 30)
		if err != nil {
			return nil, errors.New("Expected a positive decimal integer argument to " + name + ", but got '" + value + "'")
		}
		if name == "-maxdepth" {
			p.f.max = int(n)
		} else {
			p.f.min = int(n)
		}
		return func(*candidate) bool { return true }, nil
	case "-size":
		return size(value)
	}
	fold := name[1] == 'i'
	if fold {
		value = strings.ToLower(value)
	}
	match, err := globMatch(value)
	if err != nil {
		return nil, err
	}
	return func(f *candidate) bool {
		text := f.name
		if strings.HasSuffix(name, "name") {
			text = path.Base(f.name)
		}
		if fold {
			text = strings.ToLower(text)
		}
		return match(text)
	}, nil
}

func kind(mode fs.FileMode) byte {
	switch {
	case mode.IsDir():
		return 'd'
	case mode&fs.ModeSymlink != 0:
		return 'l'
	case mode&fs.ModeCharDevice != 0:
		return 'c'
	case mode&fs.ModeDevice != 0:
		return 'b'
	case mode&fs.ModeNamedPipe != 0:
		return 'p'
	case mode&fs.ModeSocket != 0:
		return 's'
	}
	return 'f'
}

// size is -size [+-]N[ckMG]: sizes are rounded up to the unit.
func size(value string) (test, error) {
	text := strings.TrimLeft(value, "+-")
	unit := int64(512)
	if i := len(text) - 1; i >= 0 {
		if u, ok := map[byte]int64{'c': 1, 'w': 2, 'b': 512, 'k': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}[text[i]]; ok {
			unit, text = u, text[:i]
		}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return nil, errors.New("Invalid argument `" + value + "' to -size")
	}
	return func(f *candidate) bool {
		units := (f.info.Size() + unit - 1) / unit
		switch value[0] {
		case '+':
			return units > n
		case '-':
			return units < n
		}
		return units == n
	}, nil
}

func (p *conditions) empty(f *candidate) bool {
	if !f.info.IsDir() {
		return f.info.Mode().IsRegular() && f.info.Size() == 0
	}
	entries, err := fs.ReadDir(p.f.c.Files, p.f.c.Path(f.name))
	return err == nil && len(entries) == 0
}

func (p *conditions) remove(f *candidate) bool {
	if f.name == "." {
		return true
	}
	if err := p.f.c.Files.Remove(p.f.c.Path(f.name)); err != nil {
		p.f.c.Errorf("find: cannot delete '%s': %s\n", f.name, command.Reason(err))
		p.f.failed = true
		return false
	}
	return true
}

// exec is -exec COMMAND ; with {} for the name.
func (p *conditions) exec() (test, error) {
	p.action = true
	start := p.at
	for p.at < len(p.args) && p.args[p.at] != ";" {
		p.at++
	}
	if p.at == len(p.args) || p.at == start {
		return nil, errors.New("missing argument to `-exec'")
	}
	words := p.args[start:p.at]
	p.at++
	return func(f *candidate) bool {
		child := *p.f.c
		child.Args = make([]string, len(words))
		for i, w := range words {
			child.Args[i] = strings.ReplaceAll(w, "{}", f.name)
		}
		if _, err := p.f.c.Commands.Lookup(p.f.c.Files, p.f.c.Dir, child.Args[0]); err != nil {
			p.f.c.Errorf("find: '%s': No such file or directory\n", child.Args[0])
			p.f.failed = true
			return false
		}
		return p.f.c.Commands.Run(p.f.ctx, &child) == 0
	}, nil
}
