package coreutils

import (
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// DU is du(1).
func DU(ctx context.Context, c *command.Call) int {
	var all, summary, readable, total bool
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("a all", &all), gnu.Flag("s summarize", &summary), gnu.Flag("h human-readable", &readable), gnu.Flag("c total", &total),
	})
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	show := func(kib int64, name string) {
		if readable {
			c.Printf("%s\t%s\n", human(kib<<10), name)
		} else {
			c.Printf("%d\t%s\n", kib, name)
		}
	}
	failed := false
	var measure func(name string, top bool) int64
	measure = func(name string, top bool) int64 {
		info, err := stat(c, name)
		if err != nil {
			c.Errorf("du: cannot access '%s': %s\n", name, command.Reason(err))
			failed = true
			return 0
		}
		sum := blocksOf(info)
		if info.IsDir() && ctx.Err() == nil {
			entries, _ := fs.ReadDir(c.Files, c.Path(name))
			for _, e := range entries {
				sum += measure(path.Join(name, e.Name()), false)
			}
		}
		if top || !summary && (all || info.IsDir()) {
			show(sum, name)
		}
		return sum
	}
	var sum int64
	for _, name := range names {
		sum += measure(name, true)
	}
	if total {
		show(sum, "total")
	}
	return gnu.Status(failed)
}

// DF is df(1) for the one file system that programs write to.
func DF(_ context.Context, c *command.Call) int {
	var readable bool
	names, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("h human-readable", &readable), gnu.Flag("k", new(bool))})
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	failed := false
	for _, name := range names {
		if _, err := stat(c, name); err != nil {
			c.Errorf("df: %s: %s\n", name, command.Reason(err))
			failed = true
		}
	}
	disk, ok := c.Files.(interface{ Usage() (size, free int) })
	if !ok || failed && len(names) == 1 {
		return 1
	}
	size, free := disk.Usage()
	kib := []int64{int64(size / 1024), int64((size - free + 1023) / 1024), int64(free / 1024)}
	percent := 0
	if size > 0 {
		percent = (100*(size-free) + size - 1) / size
	}
	if readable {
		c.Printf("Filesystem      Size  Used Avail Use%% Mounted on\n%-14s %5s %5s %5s %3d%% /\n", "overlay", human(kib[0]<<10), human(kib[1]<<10), human(kib[2]<<10), percent)
	} else {
		c.Printf("Filesystem     1K-blocks  Used Available Use%% Mounted on\n%-14s %9d %5d %9d %3d%% /\n", "overlay", kib[0], kib[1], kib[2], percent)
	}
	return gnu.Status(failed)
}

// Stat is stat(1).
func Stat(_ context.Context, c *command.Call) int {
	format, ended := "", true
	names, err := command.Getopt(c.Args[1:], []command.Option{
		{Names: "c format", Value: true, Set: func(_, v string) error { format = v + "\n"; return nil }},
		{Names: "printf", Value: true, Set: func(_, v string) error { format, ended = v, false; return nil }},
	})
	if err == nil && len(names) == 0 {
		err = gnu.Missing()
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	if !ended {
		format = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(format)
	}
	if format == "" {
		format = "  File: %n\n  Size: %-10s\tBlocks: %-10b IO Block: 4096   %F\nDevice: 0,58\tInode: %-11i Links: %h\n" +
			"Access: (0%a/%A)  Uid: (    0/    root)   Gid: (    0/    root)\nAccess: %y\nModify: %y\nChange: %y\n Birth: -\n"
	}
	failed := false
	for _, name := range names {
		info, err := stat(c, name)
		if err != nil {
			c.Errorf("stat: cannot statx '%s': %s\n", name, command.Reason(err))
			failed = true
			continue
		}
		c.Printf("%s", statText(c, format, name, info))
	}
	return gnu.Status(failed)
}

// statText replaces the directives of a format.
func statText(c *command.Call, format, name string, info fs.FileInfo) string {
	kind, links := "regular file", "1"
	switch {
	case info.IsDir():
		kind, links = "directory", "2"
	case info.Mode()&fs.ModeCharDevice != 0:
		kind = "character special file"
	case info.Size() == 0:
		kind = "regular empty file"
	}
	inode := fnv.New32a() // there are none: a number that stays for a name
	inode.Write([]byte(c.Path(name)))
	mode := strings.ToLower(info.Mode().String())
	if info.Mode().IsRegular() {
		mode = "-" + mode[1:]
	}
	return strings.NewReplacer(
		"%%", "%", "%n", name, "%N", quoted(name), "%s", fmt.Sprint(info.Size()), "%-10s", fmt.Sprintf("%-10d", info.Size()), "%-10b", fmt.Sprintf("%-10d", 2*blocksOf(info)),
		"%b", fmt.Sprint(2*blocksOf(info)), "%F", kind, "%a", fmt.Sprintf("%o", info.Mode().Perm()), "%A", mode, "%U", "root", "%G", "root", "%u", "0", "%g", "0",
		"%i", fmt.Sprint(inode.Sum32()), "%-11i", fmt.Sprintf("%-11d", inode.Sum32()), "%h", links,
		"%y", info.ModTime().UTC().Format("2006-01-02 15:04:05.000000000 -0700"), "%Y", fmt.Sprint(info.ModTime().Unix()),
	).Replace(format)
}
