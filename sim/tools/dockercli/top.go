package dockercli

import (
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"
)

// top is docker top.
func (d *docker) top(f *pflag.FlagSet) action {
	f.SetInterspersed(false) // what follows the container belongs to ps
	return func(args []string) error {
		query := url.Values{}
		if len(args) > 1 {
			query.Set("ps_args", strings.Join(args[1:], " "))
		}
		var list struct {
			Titles    []string
			Processes [][]string
		}
		if _, err := d.api.get(d.ctx, "/containers/"+args[0]+"/top", query, &list); err != nil {
			return err
		}
		w := tabwriter.NewWriter(d.Stdout, 20, 1, 3, ' ', 0)
		for _, line := range append([][]string{list.Titles}, list.Processes...) {
			fmt.Fprintln(w, strings.Join(line, "\t"))
		}
		return w.Flush()
	}
}
