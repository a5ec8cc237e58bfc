package dockercli

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"drydock/sim/internal/apitext"

	"github.com/spf13/pflag"
)

// logs is docker logs.
func (d *docker) logs(f *pflag.FlagSet) action {
	const when = " timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"
	follow := f.BoolP("follow", "f", false, "Follow log output")
	since := f.String("since", "", "Show logs since"+when)
	until := f.String("until", "", "Show logs before a"+when)
	timestamps := f.BoolP("timestamps", "t", false, "Show timestamps")
	tail := f.StringP("tail", "n", "all", "Number of lines to show from the end of the logs")
	refuse(f, unsupported{"details", "", "bool", "", "Show extra details provided to logs"})
	return func(args []string) error {
		c, err := d.inspectContainer(args[0])
		if err != nil {
			return err
		}
		query := url.Values{"stdout": {"1"}, "stderr": {"1"}, "tail": {*tail}}
		for name, text := range map[string]string{"since": *since, "until": *until} {
			if err := setTime(query, name, text); err != nil {
				return fmt.Errorf("invalid value for %q: %w", name, err)
			}
		}
		if *timestamps {
			query.Set("timestamps", "1")
		}
		if *follow {
			query.Set("follow", "1")
		}
		return d.showLogs(c.ID, query, c.Config.Tty)
	}
}

// showLogs shows the logs of a container, which are one stream if it has a terminal.
func (d *docker) showLogs(id string, query url.Values, tty bool) error {
	x, err := d.api.open(d.ctx, request{method: http.MethodGet, path: "/containers/" + id + "/logs", query: query})
	if err != nil {
		return orMissing(err, "container", id)
	}
	defer x.Close()
	if tty {
		_, err = io.Copy(d.Stdout, x.answer.Body)
		return err
	}
	return demux(d.Stdout, d.Stderr, x.answer.Body)
}

// setTime sets a point in time in a query, if there is one.
func setTime(query url.Values, name, text string) error {
	if text == "" {
		return nil
	}
	t, err := apitext.Timestamp(text, time.Now())
	if err == nil {
		query.Set(name, t)
	}
	return err
}
