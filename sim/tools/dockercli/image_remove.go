package dockercli

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// removeImages is docker rmi. With -f it is no failure that there is no such image, but it is
// told.
func (d *docker) removeImages(f *pflag.FlagSet) action {
	force := f.BoolP("force", "f", false, "Force removal of the image")
	noPrune := f.Bool("no-prune", false, "Do not delete untagged parents")
	return func(names []string) error {
		query := url.Values{}
		if *force {
			query.Set("force", "1")
		}
		if *noPrune {
			query.Set("noprune", "1")
		}
		var problems []string
		fatal := false
		for _, name := range names {
			if err := d.removeImage(name, query); err != nil {
				fatal = fatal || !isNotFound(err)
				problems = append(problems, err.Error())
			}
		}
		if *force && !fatal && len(problems) > 0 {
			d.Errorf("%s\n", strings.Join(problems, "\n"))
			return nil
		}
		return joined(problems)
	}
}

// removeImage removes one image and tells which of its names and layers are gone.
func (d *docker) removeImage(name string, query url.Values) error {
	text, err := d.api.do(d.ctx, request{method: http.MethodDelete, path: "/images/" + name, query: query})
	if err != nil {
		return orMissing(err, "image", name)
	}
	var removed []dockerapi.ImageRemoved
	if err := json.Unmarshal(text, &removed); err != nil {
		return err
	}
	for _, r := range removed {
		if r.Deleted != "" {
			d.Printf("Deleted: %s\n", r.Deleted)
		} else {
			d.Printf("Untagged: %s\n", r.Untagged)
		}
	}
	return nil
}
