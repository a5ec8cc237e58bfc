package coreutils

import (
	"context"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Chmod is chmod(1).
func Chmod(ctx context.Context, c *command.Call) int {
	var recursive, verbose, quiet bool
	args := c.Args[1:]
	// A mode such as -x or -w looks like an option.
	for i, arg := range args {
		if len(arg) > 1 && arg[0] == '-' && strings.Trim(arg[1:], "rwxX") == "" && !strings.Contains(arg, "R") {
			args = append(append([]string{}, args[:i]...), append([]string{"a" + arg}, args[i+1:]...)...)
			break
		}
	}
	words, err := command.Getopt(args, []command.Option{
		gnu.Flag("R recursive", &recursive), gnu.Flag("v verbose", &verbose), gnu.Flag("f silent quiet", &quiet),
	})
	switch {
	case err == nil && len(words) == 0:
		err = gnu.Missing()
	case err == nil && len(words) == 1:
		err = gnu.MissingAfter(words[0])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	change, ok := parseMode(words[0])
	if !ok {
		return c.Fail(1, "chmod: invalid mode: '%s'\nTry 'chmod --help' for more information.\n", words[0])
	}
	failed := false
	for _, name := range words[1:] {
		ok := each(ctx, c, name, recursive, func(name string, info fs.FileInfo, err error) bool {
			if err != nil {
				if !quiet {
					c.Errorf("chmod: cannot access '%s': %s\n", name, command.Reason(err))
				}
				return false
			}
			old := info.Mode()
			mode := change(old)
			if err := c.Chmod(name, mode); err != nil {
				if !quiet {
					c.Errorf("chmod: changing permissions of '%s': %s\n", name, command.Reason(err))
				}
				return false
			}
			if verbose && old.Perm() != mode.Perm() {
				c.Printf("mode of '%s' changed from %04o (%s) to %04o (%s)\n", name, old.Perm(), old.String()[1:], mode.Perm(), mode.String()[1:])
			} else if verbose {
				c.Printf("mode of '%s' retained as %04o (%s)\n", name, mode.Perm(), mode.String()[1:])
			}
			return true
		})
		failed = failed || !ok
	}
	return gnu.Status(failed)
}

// each calls do for a file, and if recursive for all below it. It is false if do was.
func each(ctx context.Context, c *command.Call, name string, recursive bool, do func(name string, info fs.FileInfo, err error) bool) bool {
	info, err := stat(c, name)
	ok := do(name, info, err)
	if err != nil || !recursive || !info.IsDir() || ctx.Err() != nil {
		return ok
	}
	entries, err := fs.ReadDir(c.Files, c.Path(name))
	ok = ok && err == nil
	for _, e := range entries {
		ok = each(ctx, c, path.Join(name, e.Name()), true, do) && ok
	}
	return ok
}

// parseMode parses what chmod is given, octal or as "u+rwx,go-w".
func parseMode(text string) (change func(fs.FileMode) fs.FileMode, ok bool) {
	if n, err := strconv.ParseUint(text, 8, 12); err == nil {
		mode := fs.FileMode(n & 0o777)
		if n&0o1000 != 0 {
			mode |= fs.ModeSticky
		}
		return func(old fs.FileMode) fs.FileMode { return old&^(fs.ModePerm|fs.ModeSticky) | mode }, true
	}
	var steps []func(fs.FileMode) fs.FileMode
	for clause := range strings.SplitSeq(text, ",") {
		n := len(clause) - len(strings.TrimLeft(clause, "ugoa"))
		who, rest := clause[:n], clause[n:]
		if rest == "" {
			return nil, false
		}
		for rest != "" {
			op := rest[0]
			end := strings.IndexAny(rest[1:], "+-=") + 1
			if end == 0 {
				end = len(rest)
			}
			bits := rest[1:end]
			if strings.IndexByte("+-=", op) < 0 || strings.Trim(bits, "rwxXt") != "" {
				return nil, false
			}
			steps = append(steps, func(old fs.FileMode) fs.FileMode { return modeStep(old, who, op, bits) })
			rest = rest[end:]
		}
	}
	return func(old fs.FileMode) fs.FileMode {
		for _, step := range steps {
			old = step(old)
		}
		return old
	}, true
}

// modeStep is one change of a mode. Without who it is all, but for what the umask 022 keeps.
func modeStep(old fs.FileMode, who string, op byte, bits string) fs.FileMode {
	var set, all fs.FileMode
	for i, class := range "ogu" {
		if who != "" && !strings.ContainsRune(who, class) && !strings.Contains(who, "a") {
			continue
		}
		all |= 0o7 << (3 * i)
		for _, b := range bits {
			switch {
			case b == 'r':
				set |= 0o4 << (3 * i)
			case b == 'w':
				set |= 0o2 << (3 * i)
			case b == 'x', b == 'X' && (old.IsDir() || old&0o111 != 0):
				set |= 0o1 << (3 * i)
			}
		}
	}
	if who == "" {
		set &^= 0o022
	}
	if strings.Contains(bits, "t") {
		set |= fs.ModeSticky
	}
	switch op {
	case '+':
		return old | set
	case '-':
		return old &^ set
	}
	return old&^all | set
}

// Chown is chown(1) and chgrp(1) where root has all files: they stay root's, and nobody else can
// get them.
func Chown(ctx context.Context, c *command.Call) int {
	var recursive bool
	words, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("R recursive", &recursive)})
	switch {
	case err == nil && len(words) == 0:
		err = gnu.Missing()
	case err == nil && len(words) == 1:
		err = gnu.MissingAfter(words[0])
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	user, group, _ := strings.Cut(words[0], ":")
	file := "/etc/passwd"
	if c.Args[0] == "chgrp" {
		user, group = "", words[0]
	}
	root := true
	for _, who := range []struct{ name, file, kind string }{{user, file, "user"}, {group, "/etc/group", "group"}} {
		id, ok := idOf(c, who.file, who.name)
		if !ok {
			return c.Fail(1, "%s: invalid %s: '%s'\n", c.Args[0], who.kind, words[0])
		}
		root = root && id == "0"
	}
	failed := false
	for _, name := range words[1:] {
		ok := each(ctx, c, name, recursive, func(name string, _ fs.FileInfo, err error) bool {
			switch {
			case err != nil:
				c.Errorf("%s: cannot access '%s': %s\n", c.Args[0], name, command.Reason(err))
			case !root:
				c.Errorf("%s: changing ownership of '%s': Operation not permitted\n", c.Args[0], name)
			}
			return err == nil && root
		})
		failed = failed || !ok
	}
	return gnu.Status(failed)
}

// idOf returns the number of a user or group by /etc/passwd or /etc/group; "" is root, who is
// there in any case, as is every number.
func idOf(c *command.Call, file, name string) (id string, ok bool) {
	if name == "" || name == "root" {
		return "0", true
	}
	if _, err := strconv.ParseUint(name, 10, 32); err == nil {
		return name, true
	}
	text, _ := c.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, ":"); len(f) > 2 && f[0] == name {
			return f[2], true
		}
	}
	return "", false
}
