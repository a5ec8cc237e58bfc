package dockercli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"drydock/sim/dockerapi"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"
)

// A pruning is what removes the objects of a kind that are not used.
type pruning struct {
	path, title string
	// read returns what the daemon has removed, and the room that there is now.
	read func(text []byte) (removed []string, space uint64, err error)
}

var containerPruning = pruning{"/containers/prune", "Deleted Containers", func(text []byte) ([]string, uint64, error) {
	var p dockerapi.ContainersPruned
	err := json.Unmarshal(text, &p)
	return p.ContainersDeleted, p.SpaceReclaimed, err
}}

var networkPruning = pruning{"/networks/prune", "Deleted Networks", func(text []byte) ([]string, uint64, error) {
	var p dockerapi.NetworksPruned
	err := json.Unmarshal(text, &p)
	return p.NetworksDeleted, 0, err
}}

var imagePruning = pruning{"/images/prune", "Deleted Images", func(text []byte) (list []string, space uint64, err error) {
	var p dockerapi.ImagesPruned
	err = json.Unmarshal(text, &p)
	for _, i := range p.ImagesDeleted {
		if i.Untagged != "" {
			list = append(list, "untagged: "+i.Untagged)
		} else {
			list = append(list, "deleted: "+i.Deleted)
		}
	}
	return list, p.SpaceReclaimed, err
}}

var cachePruning = pruning{"/build/prune", "Deleted build cache objects", func(text []byte) ([]string, uint64, error) {
	var p dockerapi.CachePruned
	err := json.Unmarshal(text, &p)
	return p.CachesDeleted, p.SpaceReclaimed, err
}}

// prune has the daemon remove objects of a kind, and says which.
func (d *docker) prune(p pruning, query url.Values) (space uint64, err error) {
	text, err := d.api.do(d.ctx, request{method: http.MethodPost, path: p.path, query: query})
	if err != nil {
		return 0, err
	}
	removed, space, err := p.read(text)
	if len(removed) > 0 && err == nil {
		d.Printf("%s:\n%s\n\n", p.title, strings.Join(removed, "\n"))
	}
	return space, err
}

func (d *docker) reclaimed(space uint64) {
	d.Printf("Total reclaimed space: %s\n", units.HumanSize(float64(space)))
}

// pruneFlags are the flags that the commands share.
type pruneFlags struct {
	force   *bool
	filters filters
}

func addPruneFlags(f *pflag.FlagSet, example string) pruneFlags {
	return pruneFlags{f.BoolP("force", "f", false, "Do not prompt for confirmation"), addFilter(f, "", "Provide filter values (e.g. '"+example+"')")}
}

// agreed reports whether to go on.
func (p pruneFlags) agreed(d *docker, warning string) bool {
	return *p.force || d.confirm(warning+"\nAre you sure you want to continue?")
}

// pruneContainers is docker container prune.
func (d *docker) pruneContainers(f *pflag.FlagSet) action {
	flags := addPruneFlags(f, "until=<timestamp>")
	return func([]string) (err error) {
		var space uint64
		if flags.agreed(d, "WARNING! This will remove all stopped containers.") {
			if space, err = d.prune(containerPruning, flags.filters.query(url.Values{})); err != nil {
				return err
			}
		}
		d.reclaimed(space)
		return nil
	}
}

// pruneNetworks is docker network prune.
func (d *docker) pruneNetworks(f *pflag.FlagSet) action {
	flags := addPruneFlags(f, "until=<timestamp>")
	return func([]string) error {
		if !flags.agreed(d, "WARNING! This will remove all custom networks not used by at least one container.") {
			return nil
		}
		_, err := d.prune(networkPruning, flags.filters.query(url.Values{}))
		return err
	}
}

// pruneImages is docker image prune.
func (d *docker) pruneImages(f *pflag.FlagSet) action {
	all := f.BoolP("all", "a", false, "Remove all unused images, not just dangling ones")
	flags := addPruneFlags(f, "until=<timestamp>")
	return func([]string) (err error) {
		warning := "WARNING! This will remove all dangling images."
		if *all {
			warning = "WARNING! This will remove all images without at least one container associated to them."
		}
		var space uint64
		if flags.agreed(d, warning) {
			if space, err = d.prune(imagePruning, flags.ofImages(*all)); err != nil {
				return err
			}
		}
		d.reclaimed(space)
		return nil
	}
}

// ofImages are the filters of images, all of them or those without a name.
func (p pruneFlags) ofImages(all bool) url.Values {
	wanted := filters{"dangling": {strconv.FormatBool(!all)}}
	for key, values := range p.filters {
		wanted[key] = append(wanted[key], values...)
	}
	return wanted.query(url.Values{})
}

// pruneSystem is docker system prune: all of these, one after the other.
func (d *docker) pruneSystem(f *pflag.FlagSet) action {
	all := f.BoolP("all", "a", false, "Remove all unused images not just dangling ones")
	flags := addPruneFlags(f, "label=<key>=<value>")
	refuse(f, unsupported{"volumes", "", "bool", "", "Prune volumes"})
	return func([]string) error {
		images, cache := "all dangling images", "all dangling build cache"
		if *all {
			images, cache = "all images without at least one container associated to them", "all build cache"
		}
		warning := "WARNING! This will remove:\n  - all stopped containers\n  - all networks not used by at least one container\n  - " + images + "\n  - " + cache + "\n"
		if !flags.agreed(d, warning) {
			return nil
		}
		query := flags.filters.query(url.Values{})
		var total uint64
		for _, step := range []struct {
			pruning
			query url.Values
		}{{containerPruning, query}, {networkPruning, query}, {imagePruning, flags.ofImages(*all)}, {cachePruning, query}} {
			space, err := d.prune(step.pruning, step.query)
			if err != nil {
				return err
			}
			total += space
		}
		d.reclaimed(total)
		return nil
	}
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
