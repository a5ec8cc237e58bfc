package dockercli

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/spf13/pflag"
)

// headerFuncs leave the headers of a table as they are, so that {{lower .Names}} still
// has the header NAMES. pad stays what it is: it is there to make columns.
var headerFuncs = template.FuncMap{
	"json": same, "split": same, "join": same, "lower": same, "upper": same, "title": same, "truncate": same,
}

// same is in place of the function of a template where that gets a header.
func same(s string, _ ...any) string { return s }

// A header is what stands above the columns of a table, by the field that they show.
type header map[string]string

// Label returns what stands above the column of a label: the last part of its name.
func (header) Label(name string) string {
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.NewReplacer("-", " ", "_", " ").Replace(name)
}

// A listFlags is the flags that the commands share which list something.
type listFlags struct {
	quiet, noTrunc bool
	format         string
	filters        filters
	look           look
	of             *release
}

// A listUsage is the usage texts of a command for these flags.
type listUsage struct{ quiet, noTrunc, objects, filter string }

// add adds the flags.
func (l *listFlags) add(f *pflag.FlagSet, usage listUsage) {
	f.BoolVarP(&l.quiet, "quiet", "q", false, usage.quiet)
	f.BoolVar(&l.noTrunc, "no-trunc", false, usage.noTrunc)
	f.StringVar(&l.format, "format", "", "Pretty-print "+usage.objects+" using a Go template")
	l.filters = addFilter(f, "f", usage.filter)
}

// id returns an ID as it is shown: 12 of its 64 digits, unless --no-trunc asks for all.
func (l *listFlags) id(id string) string {
	if l.noTrunc {
		return id
	}
	return shortID(id)
}

// shortID returns the first 12 digits of an ID.
func shortID(id string) string {
	if _, digits, ok := strings.Cut(id, ":"); ok {
		id = digits
	}
	return id[:min(12, len(id))]
}

// listFormats are the formats that --format knows by a name, and what is shown without.
type listFormats struct {
	table, raw string
	rawQuiet   string // with -q; a table with -q is the IDs alone
	context    string // what docker's messages call the type of a row
}

// choose returns the format that is asked for.
func (l *listFlags) choose(known listFormats) string {
	switch l.format {
	case "", "table":
		if l.quiet {
			return "{{.ID}}"
		}
		return known.table
	case "raw":
		if l.quiet {
			return known.rawQuiet
		}
		return known.raw
	}
	return l.format
}

// printRows prints rows in the format that is asked for. One that begins with "table" has a
// line of headers and columns.
func printRows[R any](d *docker, l *listFlags, known listFormats, headers header, rows []R) error {
	format, isTable := strings.CutPrefix(l.choose(known), "table")
	format = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.Trim(format, " "))
	tmpl, err := d.release.template(format)
	if err != nil {
		return fmt.Errorf("template parsing error: %w", err)
	}
	var text bytes.Buffer
	for i := range rows {
		if err := tmpl.Execute(&text, rows[i]); err != nil {
			return fmt.Errorf("template parsing error: %w", renameType(err, fmt.Sprintf("%T", rows[i]), known.context))
		}
		text.WriteByte('\n')
	}
	if isTable {
		text = columns(d.look().width, tmpl, headers, text.Bytes())
	}
	d.Printf("%s", &text)
	return nil
}

// columns puts headers before rows and aligns the cells, which tabs end, with the 3 spaces of
// Docker's formatter between them at least.
func columns(width int, tmpl *template.Template, headers header, rows []byte) bytes.Buffer {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, width, 1, 3, ' ', 0)
	_ = tmpl.Funcs(headerFuncs).Execute(w, headers) // ends where the format asks for more than headers
	_, _ = w.Write([]byte("\n"))
	_, _ = w.Write(rows)
	_ = w.Flush()
	return b
}
