package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

const (
	maxRows = 256     // of a table
	maxCell = 300     // bytes of a cell
	maxText = 1 << 16 // bytes of a text
)

// A block is the state of a host, a machine, a container or a LAN.
type block struct {
	Title  string
	Tables []*table
}

func (b *block) add(tables ...*table) {
	for _, t := range tables {
		if len(t.Rows) > 0 || t.Text != "" {
			b.Tables = append(b.Tables, t)
		}
	}
}

// A table has rows, or a text as a command prints it.
type table struct {
	Title string
	Head  []string
	Rows  [][]string
	More  int // rows that are left out
	Text  string
}

// newTable returns a table with columns that are separated by spaces.
func newTable(title, head string) *table { return &table{Title: title, Head: strings.Fields(head)} }

// row adds a row of values, one of which is "" if it prints so.
func (t *table) row(values ...any) {
	if len(t.Rows) == maxRows {
		t.More++
		return
	}
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = clean(fmt.Sprint(v), maxCell)
	}
	t.Rows = append(t.Rows, cells)
}

// newText returns a table that is a text, cut at the end of a line.
func newText(title, text string) *table {
	t := &table{Title: title}
	if len(text) > maxText {
		cut := strings.LastIndexByte(text[:maxText], '\n') + 1
		t.More = strings.Count(text[cut:], "\n")
		text = text[:cut]
	}
	for line := range strings.Lines(text) {
		t.Text += clean(strings.TrimSuffix(line, "\n"), maxText) + "\n"
	}
	return t
}

// clean returns one line without control characters, of so many bytes at most.
func clean(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '?'
		}
		return r
	}, s)
}

func (b *block) writeText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "==== %s ====\n\n", b.Title); err != nil {
		return err
	}
	for _, t := range b.Tables {
		if err := t.writeText(w); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) writeText(w io.Writer) error {
	tabs := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tabs, "-- %s --\n", t.Title)
	if len(t.Rows) > 0 {
		fmt.Fprintln(tabs, strings.Join(t.Head, "\t"))
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, c := range row {
			if cells[i] = c; c == "" && i < len(row)-1 {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(tabs, strings.Join(cells, "\t"))
	}
	if err := tabs.Flush(); err != nil {
		return err
	}
	more := ""
	if t.More > 0 {
		more = fmt.Sprintf("… and %d more\n", t.More)
	}
	_, err := fmt.Fprintf(w, "%s%s\n", t.Text, more)
	return err
}
