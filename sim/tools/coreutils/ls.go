package coreutils

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// A lister is the options of ls.
type lister struct {
	c                                            *command.Call
	long, all, almost, one, columns, dirs, human bool
	recursive, reverse, byTime, bySize, unsorted bool
	classify, slash                              bool
	failed                                       bool
	shown                                        bool // something was listed before
	ctx                                          context.Context
}

// A listed is a file to be shown.
type listed struct {
	name string
	info fs.FileInfo
}

// LS is ls(1).
func LS(ctx context.Context, c *command.Call) int {
	l := lister{c: c, ctx: ctx}
	names, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("l", &l.long), gnu.Flag("a all", &l.all), gnu.Flag("A almost-all", &l.almost), gnu.Flag("1", &l.one), gnu.Flag("C", &l.columns),
		gnu.Flag("d directory", &l.dirs), gnu.Flag("h human-readable", &l.human), gnu.Flag("R recursive", &l.recursive), gnu.Flag("r reverse", &l.reverse),
		gnu.Flag("t", &l.byTime), gnu.Flag("S", &l.bySize), gnu.Flag("U", &l.unsorted), gnu.Flag("F classify", &l.classify), gnu.Flag("p", &l.slash),
	})
	if err != nil {
		return gnu.Refuse(c, 2, err)
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	var files, dirs []listed
	for _, name := range names {
		info, err := stat(c, name)
		switch {
		case err != nil:
			c.Errorf("ls: cannot access '%s': %s\n", name, command.Reason(err))
			l.failed = true
		case info.IsDir() && !l.dirs:
			dirs = append(dirs, listed{name, info})
		default:
			files = append(files, listed{name, info})
		}
	}
	if len(files) > 0 {
		l.show(files)
	}
	l.sort(dirs)
	for _, d := range dirs {
		l.dir(d.name, len(names) > 1 || l.recursive)
	}
	if l.failed {
		return 2
	}
	return 0
}

// dir lists a directory.
func (l *lister) dir(name string, header bool) {
	if l.ctx.Err() != nil {
		return
	}
	entries, err := fs.ReadDir(l.c.Files, l.c.Path(name))
	if err != nil {
		l.c.Errorf("ls: cannot open directory '%s': %s\n", name, command.Reason(err))
		l.failed = true
		return
	}
	if header {
		if l.shown {
			l.c.Printf("\n")
		}
		l.c.Printf("%s:\n", name)
	}
	var files []listed
	if l.all {
		for _, dot := range []string{".", ".."} {
			if info, err := stat(l.c, name+"/"+dot); err == nil {
				files = append(files, listed{dot, info})
			}
		}
	}
	for _, e := range entries {
		// What was removed since it was read is left out.
		if info, err := e.Info(); err == nil && (l.all || l.almost || !strings.HasPrefix(e.Name(), ".")) {
			files = append(files, listed{e.Name(), info})
		}
	}
	l.total(files)
	l.show(files)
	if !l.recursive {
		return
	}
	for _, f := range files {
		if f.info.IsDir() && f.name != "." && f.name != ".." {
			l.dir(path.Join(name, f.name), true)
		}
	}
}

// total shows what the files of a directory take, in the long form.
func (l *lister) total(files []listed) {
	if !l.long {
		return
	}
	var blocks int64
	for _, f := range files {
		blocks += blocksOf(f.info)
	}
	total := strconv.FormatInt(blocks, 10)
	if l.human {
		total = human(blocks << 10)
	}
	l.c.Printf("total %s\n", total)
}

// blocksOf returns how many KiB a file takes on a disk.
func blocksOf(info fs.FileInfo) int64 {
	if info.IsDir() {
		return 4
	}
	return (info.Size() + 4095) / 4096 * 4
}

func (l *lister) sort(files []listed) {
	if l.unsorted {
		return
	}
	slices.SortStableFunc(files, func(a, b listed) int {
		n := 0
		switch {
		case l.bySize:
			n = int(min(1, max(-1, b.info.Size()-a.info.Size())))
		case l.byTime:
			n = b.info.ModTime().Compare(a.info.ModTime())
		}
		if n == 0 {
			n = strings.Compare(a.name, b.name)
		}
		if l.reverse {
			return -n
		}
		return n
	})
}

// show lists files in long form, a line for each, or in columns on a terminal.
func (l *lister) show(files []listed) {
	l.shown = true
	l.sort(files)
	if l.long {
		l.showLong(files)
		return
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.name + l.suffix(f.info)
	}
	terminal := command.TerminalOf(l.c.Stdout)
	// Only for a person there are columns.
	if l.one || terminal == nil && !l.columns {
		for _, name := range names {
			l.c.Printf("%s\n", name)
		}
		return
	}
	width := 80
	if terminal != nil {
		if _, columns := terminal.Size(); columns > 0 {
			width = columns
		}
	}
	l.c.Printf("%s", inColumns(names, width))
}

// suffix is what -F and -p add to a name.
func (l *lister) suffix(info fs.FileInfo) string {
	switch {
	case info.IsDir() && (l.classify || l.slash):
		return "/"
	case l.classify && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0:
		return "*"
	}
	return ""
}

// inColumns fills columns from top to bottom, in as few rows as fit.
func inColumns(names []string, width int) string {
	var b strings.Builder
	for rows := 1; rows <= len(names); rows++ {
		columns := (len(names) + rows - 1) / rows
		widths := make([]int, columns)
		total := 0
		for i, name := range names {
			widths[i/rows] = max(widths[i/rows], len(name)+2)
		}
		for _, w := range widths {
			total += w
		}
		// The two blanks behind the last column are not written.
		if total-2 > width && rows < len(names) {
			continue
		}
		for row := range rows {
			for column := range columns {
				i := column*rows + row
				if i >= len(names) {
					continue
				}
				b.WriteString(names[i])
				if i+rows < len(names) {
					b.WriteString(strings.Repeat(" ", widths[column]-len(names[i])))
				}
			}
			b.WriteByte('\n')
		}
		break
	}
	return b.String()
}

func (l *lister) showLong(files []listed) {
	width, links := 0, 1
	sizes := make([]string, len(files))
	for i, f := range files {
		sizes[i] = l.size(f.info)
		width = max(width, len(sizes[i]))
	}
	now := time.Now()
	for i, f := range files {
		n := 1
		if f.info.IsDir() {
			n = 2
		}
		l.c.Printf("%s %*d root root %*s %s %s%s\n", modeText(f.info.Mode()), links, n, width, sizes[i], timeText(f.info.ModTime(), now), f.name, l.suffix(f.info))
	}
}

// size is a size, or the numbers of a device.
func (l *lister) size(info fs.FileInfo) string {
	if info.Mode()&fs.ModeCharDevice != 0 {
		minor := map[string]int{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}[info.Name()]
		return fmt.Sprintf("1, %d", minor)
	}
	size := info.Size()
	if info.IsDir() && size == 0 {
		size = 4096
	}
	if l.human {
		return human(size)
	}
	return strconv.FormatInt(size, 10)
}
