package coreutils

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A copier is cp and mv.
type copier struct {
	c                         *command.Call
	ctx                       context.Context
	recursive, verbose, never bool
	move                      bool
	failed                    bool
}

// CP is cp(1). Modes are kept, times are those of the copy. -f is as without: whoever may write
// need not remove.
func CP(ctx context.Context, c *command.Call) int {
	k := copier{c: c, ctx: ctx}
	var archive, force bool
	var target string
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("r R recursive", &k.recursive), gnu.Flag("a archive", &archive), gnu.Flag("f force", &force),
		gnu.Flag("v verbose", &k.verbose), gnu.Flag("n no-clobber", &k.never), gnu.Text("t target-directory", &target),
	})
	k.recursive = k.recursive || archive
	return k.run(names, target, err)
}

// MV is mv(1).
func MV(ctx context.Context, c *command.Call) int {
	k := copier{c: c, ctx: ctx, move: true, recursive: true}
	var force bool
	var target string
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("f force", &force), gnu.Flag("n no-clobber", &k.never), gnu.Flag("v verbose", &k.verbose), gnu.Text("t target-directory", &target),
	})
	return k.run(names, target, err)
}

// run finds out where each file goes.
func (k *copier) run(names []string, target string, err error) int {
	switch {
	case err != nil:
	case len(names) == 0:
		err = &gnu.Fault{Text: "missing file operand", Usage: true}
	case target == "" && len(names) == 1:
		err = &gnu.Fault{Text: "missing destination file operand after '" + names[0] + "'", Usage: true}
	}
	if err != nil {
		return gnu.Refuse(k.c, 1, err)
	}
	if target == "" {
		target, names = names[len(names)-1], names[:len(names)-1]
	}
	into := isDir(k.c, target)
	if !into && (len(names) > 1 || strings.HasSuffix(target, "/")) {
		return k.c.Fail(1, "%s: target '%s': %s\n", k.c.Args[0], target, k.notDirectory(target))
	}
	for _, name := range names {
		to := target
		if into {
			to = strings.TrimSuffix(target, "/") + "/" + path.Base(path.Clean(name))
		}
		k.one(name, to)
	}
	return gnu.Status(k.failed)
}

func (k *copier) notDirectory(name string) string {
	if _, err := stat(k.c, name); err != nil {
		return command.Reason(err)
	}
	return "Not a directory"
}

func (k *copier) fail(format string, args ...any) {
	k.c.Errorf(k.c.Args[0]+": "+format+"\n", args...)
	k.failed = true
}

// one copies or moves a file or a directory.
func (k *copier) one(from, to string) {
	info, err := stat(k.c, from)
	there, errTo := stat(k.c, to)
	switch {
	case err != nil:
		k.fail("cannot stat '%s': %s", from, command.Reason(err))
	case k.c.Path(from) == k.c.Path(to):
		k.fail("'%s' and '%s' are the same file", from, to)
	case info.IsDir() && !k.recursive:
		k.fail("-r not specified; omitting directory '%s'", from)
	// It would go on for ever in what it has just copied.
	case info.IsDir() && strings.HasPrefix(k.c.Path(to)+"/", k.c.Path(from)+"/"):
		if k.move {
			k.fail("cannot move '%s' to a subdirectory of itself, '%s'", from, to)
		} else {
			k.fail("cannot copy a directory, '%s', into itself, '%s'", from, to)
		}
	case errTo == nil && k.never:
	case errTo == nil && there.IsDir() && !info.IsDir():
		k.fail("cannot overwrite directory '%s' with non-directory", to)
	case errTo == nil && !there.IsDir() && info.IsDir():
		k.fail("cannot overwrite non-directory '%s' with directory '%s'", to, from)
	case k.move:
		k.rename(from, to)
	default:
		k.copyAny(from, to, info)
	}
}

// rename moves a tree as a whole: there is one file system, so nothing has to be copied.
func (k *copier) rename(from, to string) {
	if err := k.c.Files.Rename(k.c.Path(from), k.c.Path(to)); err != nil {
		k.fail("cannot move '%s' to '%s': %s", from, to, command.Reason(err))
		return
	}
	if k.verbose {
		k.c.Printf("renamed '%s' -> '%s'\n", from, to)
	}
}

func (k *copier) copyAny(from, to string, info fs.FileInfo) {
	if k.ctx.Err() != nil {
		return
	}
	if k.verbose {
		k.c.Printf("'%s' -> '%s'\n", from, to)
	}
	if !info.IsDir() {
		k.copyFile(from, to, info.Mode().Perm())
		return
	}
	if err := k.c.Files.Mkdir(k.c.Path(to), info.Mode().Perm()); err != nil && !errors.Is(err, fs.ErrExist) {
		k.fail("cannot create directory '%s': %s", to, command.Reason(err))
		return
	}
	entries, err := fs.ReadDir(k.c.Files, k.c.Path(from))
	if err != nil {
		k.fail("cannot access '%s': %s", from, command.Reason(err))
	}
	for _, e := range entries {
		// What was removed meanwhile is left out, as by the real one.
		if info, err := e.Info(); err == nil {
			k.copyAny(from+"/"+e.Name(), to+"/"+e.Name(), info)
		}
	}
}

func (k *copier) copyFile(from, to string, perm fs.FileMode) {
	in, err := k.c.OpenFile(from, os.O_RDONLY, 0)
	if err != nil {
		k.fail("cannot open '%s' for reading: %s", from, command.Reason(err))
		return
	}
	defer in.Close()
	out, err := k.c.OpenFile(to, writeFlags, perm)
	if err != nil {
		k.fail("cannot create regular file '%s': %s", to, command.Reason(err))
		return
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		k.fail("error writing '%s': %s", to, command.Reason(err))
	}
}
