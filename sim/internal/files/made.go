package files

import (
	"io/fs"
	"path"
	"strings"
	"time"

	"drydock/sim/tools/command"
)

// A Made is a read-only file system of texts that are made when they are opened, as /proc is.
// Its directories are those that the names of its files are in.
type Made struct {
	Files map[string]Source
	Time  time.Time // of all files

	// Sub makes further parts, by the directories below the root that they are, when a name
	// leads there.
	Sub map[string]func() *Made
}

// A Source makes the text of a file.
type Source struct {
	Read func() string

	// Write takes what is written, if the file can be; it is given each write as it comes.
	Write func(text string) error
	// Refuse is why it cannot be opened to be written, else fs.ErrPermission.
	Refuse error
}

// refuse is why nothing can be made by a name, which may be there.
func (m *Made) refuse(name string) error {
	if _, err := m.stat(name, ""); err == nil {
		return fs.ErrExist
	}
	return fs.ErrNotExist
}

// refuseRemoval is why a name can be neither removed nor renamed.
func (m *Made) refuseRemoval(name string) error {
	if _, err := m.stat(name, ""); err != nil {
		return err
	}
	return fs.ErrPermission
}

func (m *Made) dirInfo(base string) fs.FileInfo {
	return info{name: base, mode: fs.ModeDir | 0o555, time: m.Time}
}

func (m *Made) fileInfo(base string, s Source) fs.FileInfo {
	perm := fs.FileMode(0o444)
	if s.Write != nil || s.Refuse != nil {
		perm = 0o644
	}
	return info{name: base, mode: perm, time: m.Time}
}

// part returns the part that a name is in, and the name there.
func (m *Made) part(name string) (*Made, string) {
	for at, get := range m.Sub {
		if name == at {
			return get(), "."
		}
		if rest, in := strings.CutPrefix(name, at+"/"); in {
			return get(), rest
		}
	}
	return m, name
}

// stat describes what there is by a name, with base for its name.
func (m *Made) stat(name, base string) (fs.FileInfo, error) {
	m, name = m.part(name)
	if s, ok := m.Files[name]; ok {
		return m.fileInfo(base, s), nil
	}
	err := error(fs.ErrNotExist)
	if name == "." {
		return m.dirInfo(base), nil
	}
	for at := range m.Files {
		switch {
		case strings.HasPrefix(at, name+"/"):
			return m.dirInfo(base), nil
		case strings.HasPrefix(name, at+"/"):
			err = command.ErrNotDir
		}
	}
	return nil, err
}

// open opens what there is by a name, which is called full in the tree.
func (m *Made) open(name, full string, mode mode) (command.File, error) {
	m, name = m.part(name)
	i, err := m.stat(name, path.Base(full))
	switch {
	case err != nil:
		return nil, err
	case mode.exclusive:
		return nil, fs.ErrExist
	case i.IsDir() && (mode.write || mode.create):
		return nil, command.ErrIsDir
	case i.IsDir():
		return &dirFile{info: i, name: full, entries: m.list(name)}, nil
	}
	s := m.Files[name]
	if mode.write && s.Write == nil {
		if s.Refuse != nil {
			return nil, s.Refuse
		}
		return nil, fs.ErrPermission
	}
	f := &madeFile{info: i, name: full}
	if mode.read {
		f.text = strings.NewReader(s.Read())
	}
	if mode.write {
		f.write = s.Write
	}
	return f, nil
}

// list returns what is in a directory.
func (m *Made) list(name string) []fs.DirEntry {
	found := make(map[string]fs.DirEntry)
	if name == "." {
		for at := range m.Sub {
			found[at] = fs.FileInfoToDirEntry(m.dirInfo(at))
		}
	}
	for at, s := range m.Files {
		rest, below := strings.CutPrefix(at, name+"/")
		if name == "." {
			rest, below = at, true
		}
		if !below {
			continue
		}
		if base, _, isDir := strings.Cut(rest, "/"); isDir {
			found[base] = fs.FileInfoToDirEntry(m.dirInfo(base))
		} else {
			found[base] = fs.FileInfoToDirEntry(m.fileInfo(base, s))
		}
	}
	return sorted(found)
}

// A madeFile is a file of a Made that is open, with the text that it had then.
type madeFile struct {
	info  fs.FileInfo
	name  string
	text  *strings.Reader    // nil: it cannot be read
	write func(string) error // nil: it cannot be written
}

func (f *madeFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *madeFile) Close() error               { return nil }

func (f *madeFile) Read(b []byte) (int, error) {
	if f.text == nil {
		return 0, pathError("read", f.name, fs.ErrPermission)
	}
	return f.text.Read(b)
}

func (f *madeFile) Write(b []byte) (int, error) {
	err := fs.ErrPermission
	if f.write != nil {
		err = f.write(string(b))
	}
	if err != nil {
		return 0, pathError("write", f.name, err)
	}
	return len(b), nil
}
