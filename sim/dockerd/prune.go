package dockerd

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/apitext"
)

// A pruning is what to remove of what nobody uses.
type pruning struct {
	filters
	until time.Time // not what was made after; zero: all
}

// pruned tells those who watch the host how much room there is now.
func (c *call) pruned(kind string, reclaimed uint64) {
	c.host.LogEvent(kind, "prune", map[string]string{"reclaimed": strconv.FormatUint(reclaimed, 10)})
}

// pruning returns what the filters ask for, with these keys beside those that all have.
func (c *call) pruning(keys ...string) (*pruning, error) {
	f, err := c.filters()
	if err != nil {
		return nil, badRequest(err.Error())
	}
	if err := f.check("label label! until " + strings.Join(keys, " ")); err != nil {
		return nil, err
	}
	p := &pruning{filters: f}
	values := f.values("until")
	switch {
	case len(values) > 1:
		return nil, fmt.Errorf("more than one until filter specified")
	case len(values) == 1:
		p.until, err = ago(values[0], time.Now())
	}
	return p, err
}

// wants reports whether to remove what was made at a time and has labels.
func (p *pruning) wants(created time.Time, labels map[string]string) bool {
	if !p.until.IsZero() && created.After(p.until) {
		return false
	}
	if !p.pairs("label", labels) {
		return false
	}
	return len(p.filters["label!"]) == 0 || !p.pairs("label!", labels)
}

// ago reads a time that people write: how long ago, "10m", a date, or seconds since 1970.
func ago(text string, now time.Time) (time.Time, error) {
	stamp, err := apitext.Timestamp(text, now)
	if err != nil {
		return time.Time{}, err
	}
	return apitext.ParseTime(stamp)
}

// imagesPrune removes the images that no container is made from, if all of them are meant: those
// without a name, which Docker removes otherwise, there are none here.
func (c *call) imagesPrune() error {
	p, err := c.pruning("dangling")
	if err != nil {
		return err
	}
	dangling, given, err := p.truth("dangling")
	if err != nil {
		return err
	}
	var pruned dockerapi.ImagesPruned
	for _, image := range c.host.Images() {
		if !given || dangling || c.userOf(&image) != nil || !p.wants(image.Created, nil) {
			continue
		}
		pruned.ImagesDeleted = append(pruned.ImagesDeleted, c.removeImage(&image, true)...)
		pruned.SpaceReclaimed += uint64(image.Size)
	}
	c.pruned("image", pruned.SpaceReclaimed)
	c.reply(http.StatusOK, pruned)
	return nil
}

// buildPrune is there since docker system prune asks for it.
func (c *call) buildPrune() error {
	c.pruned("builder", 0)
	c.reply(http.StatusOK, dockerapi.CachePruned{})
	return nil
}
