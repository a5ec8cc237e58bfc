package dockercli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"
	"golang.org/x/text/width"
)

// A psRow is what formats of docker ps have. The fields are in the order of their names, as
// those of Docker's JSON.
type psRow struct {
	Command, CreatedAt, ID, Image, Labels, LocalVolumes, Mounts, Names, Networks, Ports, RunningFor, Size, State, Status string

	// Since release 28 and 29.
	Platform     *dockerapi.Platform
	HealthStatus string

	labels map[string]string
	of     *release
}

// Label returns the value of a label.
func (r psRow) Label(name string) string { return r.labels[name] }

// MarshalJSON has the fields of the release, in the order of their names. It escapes <, > and &,
// which {{json .}} does of a row and not of its fields.
func (r psRow) MarshalJSON() ([]byte, error) {
	m := make(map[string]any)
	for f, value := range reflect.ValueOf(r).Fields() {
		if f.IsExported() {
			m[f.Name] = value.Interface()
		}
	}
	if !r.of.since28 {
		delete(m, "Platform")
	}
	if !r.of.since29 {
		delete(m, "HealthStatus")
	}
	return json.Marshal(m)
}

// psFormats returns docker ps without --format.
func psFormats(size bool) listFormats {
	f := listFormats{
		table: `table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}`,
		raw: "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\n" +
			"state: {{- pad .State 1 0}}\nstatus: {{- pad .Status 1 0}}\nnames: {{.Names}}\nlabels: {{- pad .Labels 1 0}}\nports: {{- pad .Ports 1 0}}\n",
		rawQuiet: "container_id: {{.ID}}",
		context:  "*formatter.ContainerContext",
	}
	if size {
		f.table += `\t{{.Size}}`
		f.raw += "size: {{.Size}}\n"
	}
	return f
}

var psHeaders = header{
	"ID": "CONTAINER ID", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT", "RunningFor": "CREATED",
	"State": "STATE", "Status": "STATUS", "Ports": "PORTS", "Names": "NAMES", "Networks": "NETWORKS", "Labels": "LABELS",
	"Size": "SIZE", "Mounts": "MOUNTS", "LocalVolumes": "LOCAL VOLUMES", "Platform": "PLATFORM", "HealthStatus": "HEALTHSTATUS",
}

// ps is docker ps. The latest container comes first, as the daemon has them.
func (d *docker) ps(f *pflag.FlagSet) action {
	list := listFlags{of: d.release}
	list.add(f, listUsage{"Only display container IDs", "Don't truncate output", "containers", "Filter output based on conditions provided"})
	all := f.BoolP("all", "a", false, "Show all containers (default shows just running)")
	latest := f.BoolP("latest", "l", false, "Show the latest created container (includes all states)")
	last := f.IntP("last", "n", -1, "Show n last created containers (includes all states)")
	size := f.BoolP("size", "s", false, "Display total file sizes")
	return func([]string) error {
		if err := list.tryFormat(); err != nil {
			return err
		}
		if *latest && *last == -1 {
			*last = 1
		}
		query := url.Values{}
		if *all {
			query.Set("all", "1")
		}
		if *last != -1 {
			query.Set("limit", strconv.Itoa(*last))
		}
		if *size || strings.Contains(list.format, ".Size") || d.release.since28 && strings.Contains(list.format, "json .") {
			query.Set("size", "1")
		}
		var containers []dockerapi.ContainerSummary
		if _, err := d.api.get(d.ctx, "/containers/json", list.filters.query(query), &containers); err != nil {
			return err
		}
		list.look = d.look()
		rows := make([]psRow, len(containers))
		for i, c := range containers {
			rows[i] = list.psRow(c)
		}
		return printRows(d, &list, psFormats(*size), psHeaders, rows)
	}
}

// tryFormat executes the format before the daemon is asked, for docker to see whether it
// needs sizes.
func (l *listFlags) tryFormat() error {
	tmpl, err := l.of.template(l.format)
	if err != nil {
		return fmt.Errorf("failed to parse template: %w", err)
	}
	if err := renameType(tmpl.Execute(io.Discard, l.psRow(dockerapi.ContainerSummary{})), "dockercli.psRow", psFormats(false).context); err != nil {
		return fmt.Errorf("failed to execute template: %w", err)
	}
	return nil
}

// sizes is what a container has written, and with its image.
func sizes(s dockerapi.ContainerSummary) string {
	written := units.HumanSizeWithPrecision(float64(s.SizeRw), 3)
	if s.SizeRootFs == 0 {
		return written
	}
	return written + " (virtual " + units.HumanSizeWithPrecision(float64(s.SizeRootFs), 3) + ")"
}

// psRow returns what docker ps shows of a container.
func (l *listFlags) psRow(s dockerapi.ContainerSummary) psRow {
	created := time.Unix(s.Created, 0).UTC()
	row := psRow{
		ID: l.id(s.ID), Image: l.psImage(s), Command: strconv.Quote(l.psCommand(s.Command)), Names: l.psNames(s.Names),
		CreatedAt: created.String(), RunningFor: units.HumanDuration(time.Since(created)) + " ago",
		State: s.State, Status: s.Status, Ports: portsColumn(l.of, s.Ports), Size: sizes(s), LocalVolumes: "0",
		Networks: strings.Join(slices.Sorted(maps.Keys(s.NetworkSettings.Networks)), ","),
		Labels:   joinLabels(s.Labels), labels: s.Labels, of: l.of,
	}
	if s.ImageManifestDescriptor != nil {
		row.Platform = s.ImageManifestDescriptor.Platform
	}
	if s.Health != nil {
		row.HealthStatus = s.Health.Status
	}
	return row
}

// psNames leaves out the names that links give a container, which have a slash in them.
func (l *listFlags) psNames(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strings.TrimPrefix(name, "/")
		if !l.noTrunc && !strings.Contains(all[i], "/") {
			return all[i]
		}
	}
	return strings.Join(all, ",")
}

// psImage leaves out the digest of an image, and most of an ID.
func (l *listFlags) psImage(s dockerapi.ContainerSummary) string {
	switch {
	case s.Image == "":
		return "<no image>"
	case l.noTrunc:
		return s.Image
	case shortID(s.ImageID) == shortID(s.Image):
		return shortID(s.ImageID)
	}
	image, err := reference.Parse(s.Image)
	switch {
	case err != nil:
		return s.Image
	case !hasTag(s.Image, image) || image.Tag == "":
		return image.Name()
	}
	return image.Name() + ":" + image.Tag
}

// commandWidth is how many columns of a command are shown.
const commandWidth = 20

// psCommand cuts a command, with an ellipsis in the last columns. Characters of East Asia may
// take two columns.
func (l *listFlags) psCommand(command string) string {
	if l.noTrunc {
		return command
	}
	columns, cut := 0, len(command)
	for i, r := range command {
		kind := width.LookupRune(r).Kind()
		wide := kind == width.EastAsianWide || kind == width.EastAsianFullwidth
		if columns++; wide {
			columns++
		}
		if columns > commandWidth-utf8.RuneCountInString(l.look.ellipsis) && cut == len(command) {
			cut = i
		}
		if columns > commandWidth {
			return command[:cut] + l.look.ellipsis
		}
	}
	return command
}

// joinLabels returns labels for a column. Docker's order is random.
func joinLabels(labels map[string]string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, key+"="+labels[key])
	}
	return strings.Join(list, ",")
}
