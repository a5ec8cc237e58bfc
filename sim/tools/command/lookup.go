package command

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// binDirs are where the commands of a table are, to those who write a path.
var binDirs = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// ErrNoExec is that of a file which is no program: execve(2).
var ErrNoExec = errors.New("exec format error")

// Lookup finds a program: a command of the table, by its name or a path in one of the usual
// directories, or a file with the execute permission that begins with "#!" and an
// interpreter. The error is a *fs.PathError with fs.ErrNotExist, fs.ErrPermission or
// ErrNoExec in it.
func (t Table) Lookup(files Files, dir, name string) (Func, error) {
	if f, ok := t[name]; ok {
		return f, nil
	}
	if !strings.Contains(name, "/") {
		for _, dir := range binDirs {
			if f, err := t.script(files, path.Join(dir, name)); err == nil || !errors.Is(err, fs.ErrNotExist) {
				return f, err
			}
		}
		return nil, &fs.PathError{Op: "exec", Path: name, Err: fs.ErrNotExist}
	}
	at := name
	if !path.IsAbs(at) {
		at = path.Join("/", dir, at)
	}
	run, err := t.script(files, path.Clean(at))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return run, err
	}
	if f, ok := t[path.Base(at)]; ok && slices.Contains(binDirs, path.Dir(path.Clean(at))) {
		return f, nil
	}
	return nil, err
}

// programMagic begins the files that commands of tables are: that of ELF, and what they are.
const programMagic = "\x7fELF\x02\x01\x01 a program of Drydock: "

// ProgramText returns what is in the file that a command of a table is. A copy of it can be run by
// another name.
func ProgramText(name string) string { return programMagic + name + "\n" }

// script returns the program that a file is.
func (t Table) script(files Files, at string) (Func, error) {
	fail := func(err error) (Func, error) { return nil, &fs.PathError{Op: "exec", Path: at, Err: err} }
	if files == nil {
		return fail(fs.ErrNotExist)
	}
	f, err := files.Open(strings.TrimPrefix(at, "/"))
	if err != nil {
		return fail(fs.ErrNotExist)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return fail(fs.ErrPermission)
	}
	head := make([]byte, 256) // BINPRM_BUF_SIZE
	n, _ := io.ReadFull(f, head)
	line, _, _ := strings.Cut(string(head[:n]), "\n")
	if name, ok := strings.CutPrefix(line, programMagic); ok && t[name] != nil {
		return t[name], nil
	}
	interpreter, isScript := strings.CutPrefix(line, "#!")
	name, arg, _ := strings.Cut(strings.TrimSpace(interpreter), " ")
	if !isScript || name == "" {
		return fail(ErrNoExec)
	}
	args := []string{name}
	if arg = strings.TrimSpace(arg); arg != "" { // Linux passes the rest of the line as one argument
		args = append(args, arg)
	}
	return func(ctx context.Context, c *Call) int {
		child := *c
		child.Args = slices.Concat(args, []string{at}, c.Args[1:])
		return child.Exec(ctx)
	}, nil
}
