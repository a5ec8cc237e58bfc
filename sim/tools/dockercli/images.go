package dockercli

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"
)

// An imageRow is what formats of docker images have, in the order of psRow.
type imageRow struct {
	Containers, CreatedAt, CreatedSince, Digest, ID, Repository, SharedSize, Size, Tag, UniqueSize, VirtualSize string
}

// MarshalJSON escapes as psRow does.
func (r imageRow) MarshalJSON() ([]byte, error) {
	type plain imageRow
	return json.Marshal(plain(r))
}

var imageHeaders = header{
	"ID": "IMAGE ID", "Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT",
	"Size": "SIZE", "Containers": "CONTAINERS", "VirtualSize": "SIZE", "SharedSize": "SHARED SIZE", "UniqueSize": "UNIQUE SIZE",
}

// imageFormats returns docker images without --format.
func imageFormats(digests bool) listFormats {
	column, line := "", ""
	if digests {
		column, line = `{{.Digest}}\t`, "digest: {{.Digest}}\n"
	}
	return listFormats{
		table:    `table {{.Repository}}\t{{.Tag}}\t` + column + `{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}`,
		raw:      "repository: {{ .Repository }}\ntag: {{.Tag}}\n" + line + "image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
		rawQuiet: "image_id: {{.ID}}",
		context:  "*formatter.imageContext",
	}
}

// images is docker images. A REPOSITORY is one more filter.
func (d *docker) images(f *pflag.FlagSet) action {
	var list listFlags
	list.add(f, listUsage{"Only show image IDs", "Don't truncate output", "images", "Filter output based on conditions provided"})
	all := f.BoolP("all", "a", false, "Show all images (default hides intermediate images)")
	digests := f.Bool("digests", false, "Show digests")
	return func(args []string) error {
		query := url.Values{}
		if *all {
			query.Set("all", "1")
		}
		if len(args) > 0 && args[0] != "" {
			list.filters["reference"] = append(list.filters["reference"], args[0])
		}
		var images []dockerapi.ImageSummary
		if _, err := d.api.get(d.ctx, "/images/json", list.filters.query(query), &images); err != nil {
			return err
		}
		if strings.HasPrefix(list.format, "table ") && *digests && !strings.Contains(list.format, "{{.Digest}}") {
			list.format += "\t{{.Digest}}"
		}
		list.look = d.look()
		var rows []imageRow
		for _, i := range images {
			rows = append(rows, list.imageRows(i, *digests || strings.Contains(list.format, "{{.Digest}}"))...)
		}
		return printRows(d, &list, imageFormats(*digests), imageHeaders, rows)
	}
}

// imageRows returns a row for each tag of an image, and for each digest of it if those are
// wanted.
func (l *listFlags) imageRows(i dockerapi.ImageSummary, digests bool) (rows []imageRow) {
	row := l.imageRow(i)
	for _, tag := range i.RepoTags {
		image, err := reference.Parse(tag)
		if err != nil {
			continue
		}
		row.Repository, row.Tag, row.Digest = image.Name(), image.Tag, "<none>"
		with := 0
		for _, d := range i.RepoDigests {
			if name, digest, _ := strings.Cut(d, "@"); digests && name == row.Repository {
				row.Digest = digest
				rows = append(rows, row)
				with++
			}
		}
		if with == 0 {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		row.Repository, row.Tag, row.Digest = "<none>", "<none>", "<none>"
		rows = append(rows, row)
	}
	return rows
}

// imageRow returns what does not depend on the tag.
func (l *listFlags) imageRow(i dockerapi.ImageSummary) imageRow {
	created := time.Unix(i.Created, 0).UTC()
	row := imageRow{
		ID: i.ID, CreatedAt: created.String(), CreatedSince: units.HumanDuration(time.Since(created)) + " ago",
		Size: l.look.size(units.HumanSizeWithPrecision(float64(i.Size), 3)), VirtualSize: l.look.size(units.HumanSize(float64(i.VirtualSize))),
		Containers: "N/A", SharedSize: "N/A", UniqueSize: "N/A", // nobody counts
	}
	if !l.noTrunc {
		row.ID = shortID(i.ID)
	}
	return row
}
