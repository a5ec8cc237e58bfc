package dockercli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"drydock/sim/internal/reference"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// pull is docker pull.
func (d *docker) pull(f *pflag.FlagSet) action {
	quiet := f.BoolP("quiet", "q", false, "Suppress verbose output")
	addContentTrust(f)
	refuse(f,
		unsupported{"all-tags", "a", "bool", "", "Download all tagged images in the repository"},
		unsupported{"platform", "", "string", "", "Set platform if server is multi-platform capable"},
	)
	return func(args []string) error {
		image, err := reference.Parse(args[0])
		if err != nil {
			return err
		}
		if !hasTag(args[0], image) && !*quiet {
			d.Printf("Using default tag: %s\n", image.Tag)
		}
		out := d.Stdout
		if *quiet {
			out = io.Discard
		}
		if err := d.pullImage(image, out); err != nil {
			return err
		}
		d.Printf("%s/%s%s\n", image.Domain, image.Path, strings.TrimPrefix(image.String(), image.Name()))
		return nil
	}
}

// hasTag tells whether a name has the tag or the digest that it was parsed to.
func hasTag(name string, image reference.Reference) bool {
	return image.Digest != "" || strings.HasSuffix(name, ":"+image.Tag)
}

// pullImage has the daemon pull an image, and shows how it goes.
func (d *docker) pullImage(image reference.Reference, out io.Writer) error {
	query := url.Values{"fromImage": {image.Name()}, "tag": {cmp.Or(image.Digest, image.Tag)}}
	x, err := d.api.open(d.ctx, request{method: http.MethodPost, path: "/images/create", query: query})
	if err != nil {
		return err
	}
	defer x.Close()
	return showProgress(d.ctx, x.answer.Body, out)
}

// A progress is a message of a daemon that is busy.
type progress struct {
	Status, ID, Stream string
	Progress           string    // a bar, in text
	Detail             *struct{} `json:"progressDetail"`
	Error              *struct {
		Code    int
		Message string
	} `json:"errorDetail"`
	Aux *json.RawMessage
}

// maxLayers bounds how many lines of a terminal are kept up to date.
const maxLayers = 1000

// showProgress shows messages as they arrive. On a terminal each layer has a line that is
// written over; elsewhere what is only a bar is left out.
func showProgress(ctx context.Context, r io.Reader, w io.Writer) error {
	terminal := command.TerminalOf(w) != nil
	lines := make(map[string]int)
	for dec := json.NewDecoder(r); ; {
		var m progress
		switch err := dec.Decode(&m); {
		case err == io.EOF:
			return nil
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		case m.Aux != nil:
			continue
		case m.Error != nil && m.Error.Code == http.StatusUnauthorized:
			return errors.New("authentication is required")
		case m.Error != nil:
			return dockerError(m.Error.Message)
		}
		if m.ID == "" || m.Detail == nil && m.Progress == "" {
			clear(lines)
			m.show(w, terminal && m.Detail != nil)
			continue
		}
		if _, ok := lines[m.ID]; !ok && len(lines) < maxLayers {
			lines[m.ID] = len(lines)
			if terminal {
				fmt.Fprintln(w)
			}
		}
		if !terminal {
			m.show(w, false)
			continue
		}
		up := len(lines) - lines[m.ID]
		fmt.Fprintf(w, "\x1b[%dA", up)
		m.show(w, m.Detail != nil)
		fmt.Fprintf(w, "\x1b[%dB", up)
	}
}

// show writes a message, in place of the line that is there if over is set.
func (m *progress) show(w io.Writer, over bool) {
	end := "\n"
	switch {
	case over && m.Stream == "":
		end = "\r"
		fmt.Fprint(w, "\x1b[2K\r")
	case m.Progress != "":
		return
	}
	if m.ID != "" {
		fmt.Fprintf(w, "%s: ", m.ID)
	}
	switch {
	case m.Progress != "" || over:
		fmt.Fprintf(w, "%s %s%s", m.Status, m.Progress, end)
	case m.Stream != "":
		fmt.Fprint(w, m.Stream)
	default:
		fmt.Fprint(w, m.Status, end)
	}
}
