package files

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"drydock/sim/tools/command"
)

// Programs returns the commands of a table as files, to be a layer at the bottom: in bin and
// usr/bin, or sbin and usr/sbin, where command.Table.Path finds them, and those whose names are
// paths there. The texts are made when they are read, so that a table costs nothing more for
// being seen by many.
func Programs(t command.Table) fs.FS { return programs(t) }

type programs command.Table

// program returns the command that a file is.
func (p programs) program(name string) (string, bool) {
	if !fs.ValidPath(name) {
		return "", false
	}
	if _, ok := p["/"+name]; ok {
		return "/" + name, true
	}
	base := path.Base(name)
	if _, ok := p[base]; !ok {
		return "", false
	}
	return base, p.has(path.Dir(name), base)
}

// has tells whether a command is in a directory.
func (p programs) has(dir, name string) bool {
	at, _ := command.Table(p).Path(nil, name)
	return "/"+dir == path.Dir(at) || "/usr/"+dir == path.Dir(at)
}

// binDirs are the directories of commands.
var binDirs = []string{"bin", "sbin", "usr/bin", "usr/sbin"}

func isBinDir(name string) bool {
	return name == "." || name == "usr" || slices.Contains(binDirs, name)
}

func (p programs) Stat(name string) (fs.FileInfo, error) {
	if isBinDir(name) {
		return info{name: path.Base(name), mode: fs.ModeDir | 0o755, time: Released(), size: 4096}, nil
	}
	of, ok := p.program(name)
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return p.info(path.Base(name), of), nil
}

func (p programs) info(base, of string) fs.FileInfo {
	return info{name: base, mode: 0o755, time: Released(), size: int64(len(command.ProgramText(of)))}
}

func (p programs) Open(name string) (fs.File, error) {
	i, err := p.Stat(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.Unwrap(err)}
	}
	if i.IsDir() {
		entries, _ := p.ReadDir(name)
		return &dirFile{info: i, name: name, entries: entries}, nil
	}
	of, _ := p.program(name)
	return &madeFile{info: i, name: name, text: strings.NewReader(command.ProgramText(of))}, nil
}

// ReadDir implements fs.ReadDirFS.
func (p programs) ReadDir(name string) ([]fs.DirEntry, error) {
	if !isBinDir(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	found := make(map[string]fs.DirEntry)
	add := func(i fs.FileInfo) { found[i.Name()] = fs.FileInfoToDirEntry(i) }
	for _, dir := range binDirs {
		if path.Dir(dir) == name {
			i, _ := p.Stat(dir)
			add(i)
		}
	}
	if name == "." {
		i, _ := p.Stat("usr")
		add(i)
	}
	for of := range p {
		switch dir := path.Dir(of); {
		case dir == "/"+name || dir == "/" && name == ".":
			add(p.info(path.Base(of), of))
		case !strings.Contains(of, "/") && p.has(name, of):
			add(p.info(of, of))
		}
	}
	return sorted(found), nil
}
