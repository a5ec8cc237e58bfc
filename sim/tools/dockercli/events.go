package dockercli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"text/template"
	"time"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// events is docker events. It ends at --until, or when it is interrupted.
func (d *docker) events(f *pflag.FlagSet) action {
	since := f.String("since", "", "Show all events created since timestamp")
	until := f.String("until", "", "Stream events until this timestamp")
	wanted := addFilter(f, "f", "Filter output based on conditions provided")
	format := f.String("format", "", "Format the output using the given Go template")
	return func([]string) error {
		tmpl, err := d.release.eventFormat(*format)
		if err != nil {
			return statusError{64, "Error parsing format: " + err.Error()}
		}
		query := url.Values{}
		for name, text := range map[string]string{"since": *since, "until": *until} {
			if err := setTime(query, name, text); err != nil {
				return err
			}
		}
		x, err := d.api.open(d.ctx, request{method: http.MethodGet, path: "/events", query: wanted.query(query)})
		if err != nil {
			return err
		}
		defer x.Close()
		return d.showEvents(x.answer.Body, tmpl)
	}
}

// eventFormat parses a --format, and tries it. Without one there is no template.
func (r *release) eventFormat(format string) (*template.Template, error) {
	if format == "" {
		return nil, nil
	}
	tmpl, err := r.template(format)
	if err == nil {
		err = renameType(tmpl.Execute(io.Discard, &dockerapi.EventMessage{}), "*dockerapi.EventMessage", "*events.Message")
	}
	return tmpl, err
}

// showEvents shows events as they happen.
func (d *docker) showEvents(r io.Reader, tmpl *template.Template) error {
	for dec := json.NewDecoder(r); ; {
		var e dockerapi.EventMessage
		switch err := dec.Decode(&e); {
		case d.ctx.Err() != nil:
			return context.Cause(d.ctx)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		line := eventLine(e)
		if tmpl != nil {
			var b strings.Builder
			err := tmpl.Execute(&b, e)
			if line = b.String(); err != nil {
				d.Printf("%s\n", line)
				return err
			}
		}
		d.Printf("%s\n", line)
	}
}

// eventTime is RFC 3339 with all nine digits of a second.
const eventTime = "2006-01-02T15:04:05.000000000Z07:00"

// eventLine returns an event in a line, the attributes by their names.
func eventLine(e dockerapi.EventMessage) string {
	at := time.Unix(e.Time, 0)
	if e.TimeNano != 0 {
		at = time.Unix(0, e.TimeNano)
	}
	line := fmt.Sprintf("%s %s %s %s", at.UTC().Format(eventTime), e.Type, e.Action, e.Actor.ID)
	var attributes []string
	for _, key := range slices.Sorted(maps.Keys(e.Actor.Attributes)) {
		attributes = append(attributes, key+"="+e.Actor.Attributes[key])
	}
	if len(attributes) > 0 {
		line += " (" + strings.Join(attributes, ", ") + ")"
	}
	return line
}
