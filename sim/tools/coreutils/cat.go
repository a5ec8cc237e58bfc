package coreutils

import (
	"context"
	"io"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/internal/gnu"
)

// Cat is cat(1). What comes from a pipe goes on as it comes.
func Cat(_ context.Context, c *command.Call) int {
	var number, nonblank, squeeze, ends, tabs, all bool
	files, err := command.Getopt(c.Args[1:], []command.Option{
		gnu.Flag("n number", &number), gnu.Flag("b number-nonblank", &nonblank), gnu.Flag("s squeeze-blank", &squeeze),
		gnu.Flag("E show-ends", &ends), gnu.Flag("T show-tabs", &tabs), gnu.Flag("A show-all", &all),
	})
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	ends, tabs = ends || all, tabs || all
	if !number && !nonblank && !squeeze && !ends && !tabs {
		return gnu.Status(gnu.Each(c, files, func(in gnu.Input) error { return gnu.Copy(c, in) }))
	}
	line, blank := 0, false
	failed := gnu.Each(c, files, func(in gnu.Input) error {
		return gnu.Lines(in, func(text string, last bool) bool {
			if squeeze && text == "" && blank {
				return true
			}
			blank = text == ""
			if number && !nonblank || nonblank && !blank {
				line++
				c.Printf("%6d\t", line)
			}
			if all {
				text = nonprinting(text)
			}
			if tabs {
				text = strings.ReplaceAll(text, "\t", "^I")
			}
			end := "\n"
			if ends {
				end = "$\n"
			}
			if last {
				end = ""
			}
			c.Printf("%s%s", text, end)
			return true
		})
	})
	return gnu.Status(failed)
}

// nonprinting is a text with ^ and M- for the bytes that do not print, but for tabs.
func nonprinting(text string) string {
	var out []byte
	for _, b := range []byte(text) {
		if b >= 128 {
			out = append(out, "M-"...)
			b -= 128
		} else if b == '\t' {
			out = append(out, b)
			continue
		}
		switch {
		case b < 32:
			out = append(out, '^', b+64)
		case b == 127:
			out = append(out, "^?"...)
		default:
			out = append(out, b)
		}
	}
	return string(out)
}

// Tac is tac(1).
func Tac(_ context.Context, c *command.Call) int {
	files, err := command.Getopt(c.Args[1:], nil)
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	return gnu.Status(gnu.Each(c, files, func(in gnu.Input) error {
		text, err := gnu.ReadAll(in)
		for text != "" && err == nil {
			i := strings.LastIndexByte(text[:len(text)-1], '\n') + 1
			_, err = io.WriteString(c.Stdout, text[i:])
			text = text[:i]
		}
		return err
	}))
}

// NL is nl(1) as without options: it numbers lines that are not empty.
func NL(_ context.Context, c *command.Call) int {
	style := "t"
	files, err := command.Getopt(c.Args[1:], []command.Option{gnu.Text("b body-numbering", &style)})
	if err == nil && style != "a" && style != "t" && style != "n" {
		err = &gnu.Fault{Text: "invalid body numbering style: '" + style + "'", Usage: true}
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	line := 0
	return gnu.Status(gnu.Each(c, files, func(in gnu.Input) error {
		return gnu.Lines(in, func(text string, _ bool) bool {
			if style == "a" || style == "t" && text != "" {
				line++
				c.Printf("%6d\t%s\n", line, text)
			} else {
				c.Printf("%7s%s\n", "", text)
			}
			return true
		})
	}))
}

// Tee is tee(1). A file that cannot be opened does not keep the others from being written.
func Tee(_ context.Context, c *command.Call) int {
	var add, ignore bool
	names, err := command.Getopt(c.Args[1:], []command.Option{gnu.Flag("a append", &add), gnu.Flag("i ignore-interrupts", &ignore)})
	if err == nil && ignore {
		err = &command.OptionError{Problem: "invalid option -- 'i'"}
	}
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	flag := writeFlags
	if add {
		flag = appendFlags
	}
	failed := false
	var files []command.File
	for _, name := range names {
		f, err := c.OpenFile(name, flag, 0o666)
		if err != nil {
			c.Errorf("tee: %s: %s\n", name, command.Reason(err))
			failed = true
			continue
		}
		defer f.Close()
		files = append(files, f)
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Stdin.Read(buf)
		for _, f := range files {
			if _, err := f.Write(buf[:n]); err != nil && !failed {
				c.Errorf("tee: write error: %s\n", command.Reason(err))
				failed = true
			}
		}
		if _, err := c.Stdout.Write(buf[:n]); err != nil {
			return 1
		}
		if err != nil {
			return gnu.Status(failed)
		}
	}
}

// Paste is paste(1).
func Paste(_ context.Context, c *command.Call) int {
	delimiters, serial := "\t", false
	names, err := command.Getopt(c.Args[1:], []command.Option{gnu.Text("d delimiters", &delimiters), gnu.Flag("s serial", &serial)})
	if err != nil {
		return gnu.Refuse(c, 1, err)
	}
	columns, ok := pasted(c, names, serial)
	if !ok {
		return 1
	}
	separator := func(i int) string {
		if delimiters == "" {
			return ""
		}
		return delimiters[i%len(delimiters) : i%len(delimiters)+1]
	}
	if serial {
		for _, lines := range columns {
			var text strings.Builder
			for i, line := range lines {
				if i > 0 {
					text.WriteString(separator(i - 1))
				}
				text.WriteString(line)
			}
			c.Printf("%s\n", text.String())
		}
		return 0
	}
	rows := 0
	for _, lines := range columns {
		rows = max(rows, len(lines))
	}
	for row := range rows {
		var text strings.Builder
		for i, lines := range columns {
			if i > 0 {
				text.WriteString(separator(i - 1))
			}
			if row < len(lines) {
				text.WriteString(lines[row])
			}
		}
		c.Printf("%s\n", text.String())
	}
	return 0
}

// pasted reads the lines of all files.
func pasted(c *command.Call, names []string, serial bool) (columns [][]string, ok bool) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for i, name := range names {
		if name == "-" && i > 0 && !serial {
			c.Errorf("paste: standard input can be read once\n")
			return nil, false
		}
		failed := gnu.Each(c, []string{name}, func(in gnu.Input) error {
			text, err := gnu.ReadAll(in)
			columns = append(columns, gnu.Split(text))
			return err
		})
		if failed {
			return nil, false
		}
	}
	return columns, true
}
