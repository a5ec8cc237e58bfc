package coreutils

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Mkdir is mkdir(1).
func Mkdir(_ context.Context, c *command.Call) int {
	var parents, verbose bool
	mode := fs.FileMode(0o755)
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("p parents", &parents), gnu.Flag("v verbose", &verbose),
		{Names: "m mode", Value: true, Set: func(_, v string) error {
			n, err := strconv.ParseUint(v, 8, 12)
			if err != nil {
				return gnu.Bad("invalid mode '%s'", v)
			}
			mode = fs.FileMode(n & 0o777)
			return nil
		}},
	})
	if err == nil && len(names) == 0 {
		err = gnu.Missing()
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	failed := false
	make1 := func(name string) error {
		err := c.Files.Mkdir(c.Path(name), mode)
		if err == nil && verbose {
			c.Printf("mkdir: created directory '%s'\n", name)
		}
		return err
	}
	for _, name := range names {
		if parents {
			err = mkdirAll(c, name, make1)
		} else {
			err = make1(name)
		}
		if err != nil {
			c.Errorf("mkdir: cannot create directory '%s': %s\n", name, command.Reason(err))
			failed = true
		}
	}
	return gnu.Status(failed)
}

// mkdirAll makes a directory and those above it that are not there.
func mkdirAll(c *command.Call, name string, make1 func(string) error) error {
	clean := path.Clean(name)
	for i := 1; i <= len(clean); i++ {
		// Each part that ends here is a directory to make: a, a/b, a/b/c.
		if i < len(clean) && clean[i] != '/' {
			continue
		}
		dir := clean[:i]
		if isDir(c, dir) {
			continue
		}
		if err := make1(dir); err != nil {
			return err
		}
	}
	return nil
}

// Rmdir is rmdir(1).
func Rmdir(_ context.Context, c *command.Call) int {
	var parents bool
	names, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("p parents", &parents)})
	if err == nil && len(names) == 0 {
		err = gnu.Missing()
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	failed := false
	for _, name := range names {
		for at := path.Clean(name); at != "." && at != "/"; at = path.Dir(at) {
			info, err := stat(c, at)
			if err == nil && !info.IsDir() {
				err = command.ErrNotDir
			}
			if err == nil {
				err = c.Files.Remove(c.Path(at))
			}
			if err != nil {
				c.Errorf("rmdir: failed to remove '%s': %s\n", at, command.Reason(err))
				failed = true
			}
			if err != nil || !parents {
				break
			}
		}
	}
	return gnu.Status(failed)
}

// RM is rm(1).
func RM(ctx context.Context, c *command.Call) int {
	var recursive, force, dirs, verbose bool
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("r R recursive", &recursive), gnu.Flag("f force", &force), gnu.Flag("d dir", &dirs), gnu.Flag("v verbose", &verbose),
	})
	if err == nil && len(names) == 0 && !force {
		err = gnu.Missing()
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	r := remover{c: c, ctx: ctx, force: force, verbose: verbose}
	for _, name := range names {
		info, err := stat(c, name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && force:
		case err != nil:
			r.refuse(name, command.Reason(err))
		case info.IsDir() && recursive && c.Path(name) == ".":
			c.Errorf("rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n")
			r.failed = true
		case info.IsDir() && recursive && (path.Base(name) == "." || path.Base(name) == ".."):
			c.Errorf("rm: refusing to remove '.' or '..' directory: skipping '%s'\n", name)
			r.failed = true
		case info.IsDir() && recursive:
			r.tree(name)
		case info.IsDir() && !dirs:
			r.refuse(name, "Is a directory")
		default:
			r.remove(name, info.IsDir())
		}
	}
	return gnu.Status(r.failed)
}

type remover struct {
	c              *command.Call
	ctx            context.Context
	force, verbose bool
	failed         bool
}

func (r *remover) refuse(name, reason string) {
	r.c.Errorf("rm: cannot remove '%s': %s\n", name, reason)
	r.failed = true
}

func (r *remover) remove(name string, dir bool) {
	err := r.c.Files.Remove(r.c.Path(name))
	switch {
	case err != nil:
		r.refuse(name, command.Reason(err))
	case r.verbose && dir:
		r.c.Printf("removed directory '%s'\n", name)
	case r.verbose:
		r.c.Printf("removed '%s'\n", name)
	}
}

// tree removes a directory and all that is in it.
func (r *remover) tree(name string) {
	entries, err := fs.ReadDir(r.c.Files, r.c.Path(name))
	if err != nil {
		r.refuse(name, command.Reason(err))
		return
	}
	before := r.failed
	r.failed = false
	for _, e := range entries {
		if r.ctx.Err() != nil {
			return
		}
		if at := name + "/" + e.Name(); e.IsDir() {
			r.tree(at)
		} else {
			r.remove(at, false)
		}
	}
	if !r.failed { // otherwise it is not empty, which was said
		r.remove(name, true)
	}
	r.failed = r.failed || before
}

// Touch is touch(1): it makes files, and renews the time of those that are there by opening
// them for writing.
func Touch(_ context.Context, c *command.Call) int {
	var noCreate bool
	names, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("c no-create", &noCreate)})
	if err == nil && len(names) == 0 {
		err = &gnu.Fault{Text: "missing file operand", Usage: true}
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	failed := false
	for _, name := range names {
		flag := appendFlags
		if noCreate {
			flag &^= os.O_CREATE
		}
		f, err := c.OpenFile(name, flag, 0o666&^0o022)
		if errors.Is(err, command.ErrIsDir) || noCreate && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			_, err = f.Write(nil)
			f.Close()
		}
		if err != nil {
			c.Errorf("touch: cannot touch '%s': %s\n", name, command.Reason(err))
			failed = true
		}
	}
	return gnu.Status(failed)
}

// Mktemp is mktemp(1).
func Mktemp(_ context.Context, c *command.Call) int {
	var dir bool
	args, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("d directory", &dir)})
	if err == nil && len(args) > 1 {
		err = &gnu.Fault{Text: "too many templates", Usage: true}
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	template := "/tmp/tmp.XXXXXXXXXX"
	if len(args) > 0 {
		template = args[0]
	}
	stem := strings.TrimRight(template, "X")
	if len(template)-len(stem) < 3 {
		return c.Fail(1, "mktemp: too few X's in template '%s'\n", template)
	}
	for n := c.Process().PID; ; n++ {
		digits := strconv.Itoa(n)
		name := stem + strings.Repeat("0", max(0, len(template)-len(stem)-len(digits))) + digits
		if dir {
			err = c.Files.Mkdir(c.Path(name), 0o700)
		} else {
			var f io.Closer
			if f, err = c.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
				f.Close()
			}
		}
		switch {
		case err == nil:
			fmt.Fprintln(c.Stdout, name)
			return 0
		case !errors.Is(err, fs.ErrExist):
			return c.Fail(1, "mktemp: failed to create %s via template '%s': %s\n", map[bool]string{true: "directory", false: "file"}[dir], template, command.Reason(err))
		}
	}
}
