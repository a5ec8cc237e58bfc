package dockercli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// pruneContainers is docker container prune. Nothing is stored, so nothing is reclaimed.
func (d *docker) pruneContainers(f *pflag.FlagSet) action {
	return d.prune(f, pruning{
		"WARNING! This will remove all stopped containers.", "/containers/prune", "Deleted Containers",
		func(text []byte) ([]string, error) {
			var p dockerapi.ContainersPruned
			err := json.Unmarshal(text, &p)
			return p.ContainersDeleted, err
		}, "Total reclaimed space: 0B\n",
	})
}

// pruneNetworks is docker network prune.
func (d *docker) pruneNetworks(f *pflag.FlagSet) action {
	return d.prune(f, pruning{
		"WARNING! This will remove all custom networks not used by at least one container.", "/networks/prune", "Deleted Networks",
		func(text []byte) ([]string, error) {
			var p dockerapi.NetworksPruned
			err := json.Unmarshal(text, &p)
			return p.NetworksDeleted, err
		}, "",
	})
}

// confirm asks whether to go on. Only y is yes, and nobody there is no.
func (d *docker) confirm(warning string) bool {
	d.Printf("%s [y/N] ", warning)
	var answer []byte
	for b := make([]byte, 1); len(answer) < maxAnswer; {
		n, err := readContext(d.ctx, d.Stdin, b)
		if n > 0 && b[0] != '\n' {
			answer = append(answer, b[0])
		}
		if err != nil || n > 0 && b[0] == '\n' {
			break
		}
	}
	return strings.EqualFold(string(answer), "y")
}

// maxAnswer is more than anybody needs for yes and no.
const maxAnswer = 1000

// A pruning is what prune of some objects removes and says.
type pruning struct {
	warning, path, title string
	deleted              func(text []byte) ([]string, error)
	total                string // what is said in the end
}

// prune returns the command that removes what is not used.
func (d *docker) prune(f *pflag.FlagSet, p pruning) action {
	force := f.BoolP("force", "f", false, "Do not prompt for confirmation")
	wanted := addFilter(f, "", "Provide filter values (e.g. 'until=<timestamp>')")
	return func([]string) error {
		if !*force && !d.confirm(p.warning+"\nAre you sure you want to continue?") {
			d.Printf("%s", p.total)
			return nil
		}
		text, err := d.api.do(d.ctx, request{method: http.MethodPost, path: p.path, query: wanted.query(url.Values{})})
		if err != nil {
			return err
		}
		deleted, err := p.deleted(text)
		if err != nil {
			return err
		}
		if len(deleted) > 0 {
			d.Printf("%s:\n%s\n\n", p.title, strings.Join(deleted, "\n"))
		}
		d.Printf("%s", p.total)
		return nil
	}
}
