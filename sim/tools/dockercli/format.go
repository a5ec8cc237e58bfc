package dockercli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/spf13/pflag"
)

// templateFuncs are Docker's functions in templates, of docker/cli/templates. title
// makes the first letter of words large that spaces separate.
var templateFuncs = template.FuncMap{
	"json":  marshal,
	"split": strings.Split,
	"join":  strings.Join,
	"lower": strings.ToLower,
	"upper": strings.ToUpper,
	"title": func(s string) string {
		words := strings.Split(s, " ")
		for i, w := range words {
			if w != "" {
				words[i] = strings.ToUpper(w[:1]) + w[1:]
			}
		}
		return strings.Join(words, " ")
	},
	"pad":      pad,
	"truncate": func(s string, n int) string { return s[:max(0, min(n, len(s)))] },
}

// widest is how far pad goes. It is how far fmt, and so printf, does. Docker's has no
// limit and runs out of memory.
const widest = 1e6

// pad returns s with spaces around it, if it is not empty.
func pad(s string, before, after int) (string, error) {
	if n := max(before, after); n > widest {
		return "", fmt.Errorf("%d is too wide", n)
	}
	if s == "" {
		return "", nil
	}
	return strings.Repeat(" ", max(before, 0)) + s + strings.Repeat(" ", max(after, 0)), nil
}

// headerFuncs leave the headers of a table as they are, so that {{lower .Names}} still
// has the header NAMES. pad stays what it is: it is there to make columns.
var headerFuncs = template.FuncMap{
	"json": header, "split": header, "join": header, "lower": header, "upper": header, "title": header, "truncate": header,
}

func header(s string, _ ...any) string { return s }

// parseTemplate parses a --format. The template has no name, so messages say "template:
// :1:" as Docker's do.
func parseTemplate(text string) (*template.Template, error) {
	return template.New("").Funcs(templateFuncs).Parse(text)
}

// marshal returns JSON that leaves <, > and & as they are.
func marshal(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// A listFlags is the flags that ps and network ls share.
type listFlags struct {
	quiet, noTrunc bool
	format         string
	filters        filters
}

// add adds the flags, with usage texts for objects, "container" or "network".
func (l *listFlags) add(f *pflag.FlagSet, objects string) {
	f.BoolVarP(&l.quiet, "quiet", "q", false, "Only display "+objects+" IDs")
	f.BoolVar(&l.noTrunc, "no-trunc", false, "Do not truncate the output")
	f.StringVar(&l.format, "format", "", "Pretty-print "+objects+"s using a Go template")
	f.VarP(&l.filters, "filter", "f", "Filter output based on conditions provided")
}

// id returns an ID as it is shown: 12 of its 64 digits, unless --no-trunc asks for all.
func (l *listFlags) id(id string) string {
	if l.noTrunc {
		return id
	}
	return id[:12]
}

// printRows prints rows in the format that is asked for. A format that begins with
// "table" has a line of headers and columns; "table" alone is the one of table.
func printRows[R any](d *docker, l *listFlags, table string, headers R, rows []R) (status int) {
	format := l.format
	if format == "" || format == "table" {
		format = table
		if l.quiet {
			format = "{{.ID}}"
		}
	}
	format, isTable := strings.CutPrefix(format, "table")
	format = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.Trim(format, " "))
	tmpl, err := parseTemplate(format)
	if err != nil {
		return d.fail(1, "Template parsing error: %v\n", err)
	}
	var text bytes.Buffer
	for _, row := range rows {
		if err := tmpl.Execute(&text, row); err != nil {
			return d.fail(1, "Template parsing error: %v\n", err)
		}
		text.WriteByte('\n')
	}
	if isTable {
		text = columns(tmpl, headers, text.Bytes())
	}
	d.Printf("%s", &text)
	return 0
}

// columns puts headers before rows and aligns the cells, which tabs end. Columns are 10
// wide at least with 3 spaces between them, which are the figures of Docker's
// formatter.
func columns(tmpl *template.Template, headers any, rows []byte) bytes.Buffer {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 10, 1, 3, ' ', 0)
	tmpl.Funcs(headerFuncs).Execute(w, headers) // ends where the format asks for more than headers
	w.Write([]byte("\n"))
	w.Write(rows)
	w.Flush()
	return b
}
