package sim_test

import (
	"encoding/json"
	"flag"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"text/template"

	"drydock/sim"

	"github.com/stretchr/testify/require"
)

// inspect is "docker inspect" and "docker network inspect".
func (d *dockerCLI) inspect(args []string, info func(name string) any) (status int) {
	if i := slices.Index(args, "-f"); i > 0 { // behind the names
		args = append(slices.Clone(args[i:]), args[:i]...)
	}
	f := flag.NewFlagSet("inspect", flag.PanicOnError)
	format := f.String("f", "", "")
	f.Parse(args)
	var all []any
	for _, name := range f.Args() {
		all = append(all, info(name))
	}
	if *format == "" {
		text, err := json.Marshal(all)
		require.NoError(d.t, err)
		d.out.WriteString(indent(string(text)))
		return 0
	}
	for _, i := range all {
		d.execute(&d.out, *format, i)
	}
	return 0
}

func (d *dockerCLI) execute(w io.Writer, format string, data any) {
	funcs := template.FuncMap{"json": func(v any) (string, error) {
		text, err := json.Marshal(v)
		return string(text), err
	}}
	tmpl, err := template.New("").Funcs(funcs).Parse(strings.ReplaceAll(format, `\t`, "\t") + "\n")
	require.NoError(d.t, err)
	require.NoError(d.t, tmpl.Execute(w, data))
}

// port is "docker port" of all ports.
func (d *dockerCLI) port(args []string) (status int) {
	require.Len(d.t, args, 1)
	for _, b := range d.container(args[0]).Ports() {
		d.printf("%v", b)
	}
	return 0
}

// A psRow is a ContainerSummary as "docker ps --format" has it.
type psRow struct {
	ID, Image, Command, CreatedAt, RunningFor, State, Status, Ports, Names, Networks string
}

var psHeader = psRow{
	"CONTAINER ID", "IMAGE", "COMMAND", "CREATED AT", "CREATED", "STATE", "STATUS", "PORTS", "NAMES", "NETWORKS",
}

const psTable = `table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}`

func newPsRow(s sim.ContainerSummary, noTrunc bool) psRow {
	names := slices.Clone(s.Names)
	if !noTrunc {
		s.ID = s.ID[:12]
		if r := []rune(s.Command); len(r) > 20 {
			s.Command = string(r[:19]) + "…"
		}
		names = slices.DeleteFunc(names, func(name string) bool { return strings.Contains(name, "/") })
	}
	return psRow{
		s.ID, s.Image, `"` + s.Command + `"`, s.CreatedAt.Format("2006-01-02 15:04:05 -0700 MST"), s.RunningFor, s.State, s.Status, s.Ports,
		strings.Join(names, ","), strings.Join(s.Networks, ","),
	}
}

func (d *dockerCLI) ps(args []string) (status int) {
	if i := slices.Index(args, "-aq"); i >= 0 {
		args = slices.Replace(slices.Clone(args), i, i+1, "-a", "-q")
	}
	f := flag.NewFlagSet("ps", flag.PanicOnError)
	all, latest, quiet, noTrunc := f.Bool("a", false, ""), f.Bool("l", false, ""), f.Bool("q", false, ""), f.Bool("no-trunc", false, "")
	n := f.Int("n", -1, "")
	filters := make(map[string][]string)
	f.Func("filter", "", func(s string) error {
		key, value, _ := strings.Cut(s, "=")
		filters[key] = append(filters[key], value)
		return nil
	})
	format := f.String("format", psTable, "")
	f.Parse(args)
	if *latest {
		*n = 1
	}
	var rows []psRow
	for c := range d.host.Containers() {
		s := c.Summary()
		if len(rows) != *n && (*all || *n >= 0 || c.Running()) && d.matches(c, s, filters) {
			rows = append(rows, newPsRow(s, *noTrunc))
		}
	}
	if *quiet {
		*format = "{{.ID}}"
	}
	d.printRows(*format, rows)
	return 0
}

func (d *dockerCLI) matches(c *sim.Container, s sim.ContainerSummary, filters map[string][]string) bool {
	for key, values := range filters {
		match, ok := map[string]func(value string) bool{
			"name":    func(value string) bool { return strings.Contains(c.Name(), value) },
			"status":  func(value string) bool { return s.State == value },
			"network": func(value string) bool { return slices.Contains(s.Networks, value) },
		}[key]
		require.True(d.t, ok, "filter %s", key)
		if !slices.ContainsFunc(values, match) {
			return false
		}
	}
	return true
}

func (d *dockerCLI) printRows(format string, rows []psRow) {
	w := io.Writer(&d.out)
	if cells, ok := strings.CutPrefix(format, "table "); ok {
		table := tabwriter.NewWriter(&d.out, 10, 1, 3, ' ', 0)
		defer table.Flush()
		w, format, rows = table, cells, append([]psRow{psHeader}, rows...)
	}
	for _, row := range rows {
		d.execute(w, format, row)
	}
}
