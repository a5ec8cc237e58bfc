package dockercli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"drydock/sim"
	"drydock/sim/dockerapi"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"
)

// A psRow is what formats of docker ps have. The fields are in the order of their
// names, as those of Docker's JSON.
type psRow struct {
	Command, CreatedAt, ID, Image, Names, Networks, Ports, RunningFor, State, Status string
}

// MarshalJSON escapes <, > and &, which {{json .}} does of a row and not of its fields.
func (r psRow) MarshalJSON() ([]byte, error) {
	type plain psRow
	return json.Marshal(plain(r))
}

// psTable and psHeaders are docker ps without --format. The headers have those of
// fields that only formats ask for, too.
const psTable = `table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}`

var psHeaders = psRow{
	ID: "CONTAINER ID", Image: "IMAGE", Command: "COMMAND", CreatedAt: "CREATED AT", RunningFor: "CREATED",
	State: "STATE", Status: "STATUS", Ports: "PORTS", Names: "NAMES", Networks: "NETWORKS",
}

// A psItem is a container as filters see it: what a summary lacks, they ask the
// container.
type psItem struct {
	container *sim.Container
	summary   dockerapi.ContainerSummary
}

// running tells whether docker ps shows it without -a. A paused container runs.
func (i psItem) running() bool { return i.summary.State == "running" || i.summary.State == "paused" }

var psFilters = map[string]filter[psItem]{
	"id":      byPattern(func(i psItem) string { return i.summary.ID }),
	"name":    byName,
	"status":  byStatus,
	"exited":  byExitCode,
	"network": byNetwork,
	"publish": byPorts("publish", publishedPorts),
	"expose": byPorts("expose", func(i psItem) []string {
		return slices.Collect(maps.Keys(i.container.Inspect().NetworkSettings.Ports))
	}),
}

// byName knows names with and without the slash that Docker has before them, since both
// "^web" and "^/web" are written.
func byName(value string) (func(psItem) bool, error) {
	plain, _ := byPattern(func(i psItem) string { return i.container.Name() })(value)
	slashed, _ := byPattern(func(i psItem) string { return "/" + i.container.Name() })(value)
	return func(i psItem) bool { return plain(i) || slashed(i) }, nil
}

// byStatus knows Docker's states, those that containers of sim never have included: a
// filter by such a one is no mistake, and finds nothing.
func byStatus(value string) (func(psItem) bool, error) {
	states := []string{"created", "restarting", "running", "removing", "paused", "exited", "dead"}
	if !slices.Contains(states, value) {
		return nil, dockerError("Invalid filter 'status=" + value + "'")
	}
	return func(i psItem) bool { return i.summary.State == value }, nil
}

// byExitCode finds containers that have exited so; running ones have no status, not 0.
func byExitCode(value string) (func(psItem) bool, error) {
	code, err := strconv.Atoi(value)
	return func(i psItem) bool {
		s := i.container.State()
		return s.Status == "exited" && s.ExitCode == code
	}, err
}

// byNetwork takes the name of a network or the beginning of its ID.
func byNetwork(value string) (func(psItem) bool, error) {
	return func(i psItem) bool {
		for name, e := range i.container.Inspect().NetworkSettings.Networks {
			if name == value || strings.HasPrefix(e.NetworkID, value) {
				return true
			}
		}
		return false
	}, nil
}

// publishedPorts returns the ports of the host, "8080/tcp". A filter by publish is
// about those, one by expose about the container's, published or not.
func publishedPorts(i psItem) (list []string) {
	for _, b := range i.container.Ports() {
		_, protocol, _ := strings.Cut(b.Port, "/")
		list = append(list, fmt.Sprintf("%d/%s", b.Host.Port(), protocol))
	}
	return list
}

// ps is docker ps. The latest container comes first. -n and -l include containers that
// do not run, and so does a filter by status; -n 0 and less is no limit. The limit
// counts what matches: docker ps -n1 with a filter finds the latest one that does.
func (d *docker) ps(f *pflag.FlagSet) action {
	var list listFlags
	var all, latest bool
	var last int
	list.add(f, "container")
	f.BoolVarP(&all, "all", "a", false, "Show all containers (default shows just running)")
	f.BoolVarP(&latest, "latest", "l", false, "Show the latest created container (includes all states)")
	f.IntVarP(&last, "last", "n", -1, "Show n last created containers (includes all states)")
	return func([]string) int {
		if latest && last == -1 {
			last = 1
		}
		match, err := newMatcher(list.filters, psFilters)
		if err != nil {
			return d.fail(1, "Error response from daemon: %v", err)
		}
		all := all || last > 0 || len(list.filters["status"]) > 0
		var rows []psRow
		for c := range d.host.Containers() {
			if last > 0 && len(rows) == last {
				break
			}
			item := psItem{c, c.Summary()}
			if (all || item.running()) && match(item) {
				rows = append(rows, list.psRow(item.summary))
			}
		}
		return printRows(d, &list, psTable, psHeaders, rows)
	}
}

// psRow returns what docker ps shows of a container. It cuts commands to 20 characters,
// and leaves out the names that links give it, which have a slash in them.
func (l *listFlags) psRow(s dockerapi.ContainerSummary) psRow {
	command := s.Command
	var names []string
	for _, name := range s.Names {
		names = append(names, strings.TrimPrefix(name, "/"))
	}
	if !l.noTrunc {
		if r := []rune(command); len(r) > 20 {
			command = string(r[:19]) + "…"
		}
		names = slices.DeleteFunc(names, func(name string) bool { return strings.Contains(name, "/") })
	}
	created := time.Unix(s.Created, 0).UTC()
	return psRow{
		ID: l.id(s.ID), Image: s.Image, Command: strconv.Quote(command),
		CreatedAt: created.String(), RunningFor: units.HumanDuration(time.Since(created)) + " ago",
		State: s.State, Status: s.Status, Ports: portsColumn(s.Ports), Names: strings.Join(names, ","),
		Networks: strings.Join(slices.Sorted(maps.Keys(s.NetworkSettings.Networks)), ","),
	}
}
