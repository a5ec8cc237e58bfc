package dockercli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"time"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// A finder asks for what there is to tell of a name. The text is that of the daemon.
type finder func(name string) (info any, text []byte, err error)

// containers returns the finder of docker container inspect. Sizes are asked for if that is so.
func (d *docker) containers(sizes *bool) finder {
	return func(name string) (any, []byte, error) {
		var c dockerapi.Container
		query := url.Values{}
		if *sizes {
			query.Set("size", "1")
		}
		text, err := d.find("/containers/"+name+"/json", "container", name, query, &c)
		info := newContainerInfo(c)
		if d.release.since29 {
			return newContainerInfo29(info), text, err
		}
		return info, text, err
	}
}

// findNetwork is the finder of docker network inspect.
func (d *docker) findNetwork(name string) (any, []byte, error) {
	var n dockerapi.Network
	text, err := d.find("/networks/"+name, "network", name, nil, &n)
	return n, text, err
}

// findImage is the finder of docker image inspect.
func (d *docker) findImage(name string) (any, []byte, error) {
	var i dockerapi.Image
	text, err := d.find("/images/"+name+"/json", "image", name, nil, &i)
	return newImageInfo(i), text, err
}

// find asks for an object of a kind. Without a name docker does not ask.
func (d *docker) find(path, kind, name string, query url.Values, v any) ([]byte, error) {
	if name == "" {
		return nil, &apiError{status: 404, missing: "No such " + kind + ": "}
	}
	text, err := d.api.get(d.ctx, path, query, v)
	return text, orMissing(err, kind, name)
}

// objects returns the finder of docker inspect. It looks for a container, an image and a
// network; docker would go on to volumes and more, and say of all of them that there is no
// such object.
func (d *docker) objects(sizes *bool) finder {
	return func(name string) (any, []byte, error) {
		for _, find := range []finder{d.containers(sizes), d.findImage, d.findNetwork} {
			info, text, err := find(name)
			if err == nil || !isNotFound(err) && !strings.Contains(err.Error(), "invalid reference format") {
				return info, text, err
			}
		}
		if d.release.since29 {
			return nil, nil, dockerError("error: no such object: " + name)
		}
		return nil, nil, dockerError("Error: No such object: " + name)
	}
}

// inspect is docker inspect.
func (d *docker) inspect(f *pflag.FlagSet) action {
	format := addFormat(f)
	kind := f.String("type", "", "Return JSON for specified type")
	sizes := f.BoolP("size", "s", false, "Display total file sizes if the type is container")
	return func(args []string) error {
		finders := map[string]finder{"": d.objects(sizes), "container": d.containers(sizes), "image": d.findImage, "network": d.findNetwork}
		find, ok := finders[*kind]
		if !ok {
			return fmt.Errorf("%q is not a valid value for --type", *kind)
		}
		return d.show(args, *format, find)
	}
}

// inspectContainers is docker container inspect.
func (d *docker) inspectContainers(f *pflag.FlagSet) action {
	return d.inspectBy(f, d.containers(f.BoolP("size", "s", false, "Display total file sizes")))
}

// inspectNetworks is docker network inspect. What -v adds is about swarm.
func (d *docker) inspectNetworks(f *pflag.FlagSet) action {
	refuse(f, unsupported{"verbose", "v", "bool", "", "Verbose output for diagnostics"})
	return d.inspectBy(f, d.findNetwork)
}

// inspectImages is docker image inspect.
func (d *docker) inspectImages(f *pflag.FlagSet) action { return d.inspectBy(f, d.findImage) }

// inspectBy is an inspect that looks for one kind of object.
func (d *docker) inspectBy(f *pflag.FlagSet, find finder) action {
	format := addFormat(f)
	return func(args []string) error { return d.show(args, *format, find) }
}

// show prints what is found, and then what is not. Without a format that is one array
// of JSON, [] if nothing is found; with one a line for each object, and one empty line
// if there is none. A format that does not parse is status 64, and one that fails for
// an object is as if the object were not there.
func (d *docker) show(names []string, format string, find finder) error {
	tmpl, err := d.release.template(format)
	if err != nil {
		return statusError{64, fmt.Sprintf("template parsing error: %v", err)}
	}
	tmpl.Funcs(template.FuncMap{"json": d.release.marshal})
	var infos, lines, problems []string
	for _, name := range names {
		info, text, err := find(name)
		if err == nil && format != "" {
			var line string
			if line, err = formatInfo(tmpl, info, text); err == nil {
				lines = append(lines, line)
			}
		}
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		infos = append(infos, string(text))
	}
	if d.ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if format != "" {
		d.Printf("%s\n", strings.Join(lines, "\n"))
		return joined(problems)
	}
	var array bytes.Buffer
	if err := json.Indent(&array, []byte("["+strings.Join(infos, ",")+"]"), "", "    "); err != nil {
		return err
	}
	d.Printf("%s\n", strings.TrimSpace(array.String()))
	return joined(problems)
}

// formatInfo executes tmpl with info. Where that has no such fields it is tried with
// the names of the JSON text: both {{.ID}} and {{.Id}} are good, as with Docker.
// Numbers stay as they are written: as float64 a large one would come out as 1e+09.
func formatInfo(tmpl *template.Template, info any, text []byte) (string, error) {
	var b bytes.Buffer
	if err := tmpl.Execute(&b, info); err == nil {
		return b.String(), nil
	}
	b.Reset()
	var fields any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&fields); err != nil {
		return "", fmt.Errorf("unable to read inspect data: %w", err)
	}
	tmpl, err := tmpl.Clone()
	if err != nil {
		return "", err
	}
	if err := tmpl.Option("missingkey=error").Execute(&b, fields); err != nil {
		return "", fmt.Errorf("template parsing error: %w", err)
	}
	return b.String(), nil
}

// A containerInfo is a dockerapi.Container whose times are text in templates, as
// Docker's are.
type containerInfo struct {
	dockerapi.Container
	Created string
	State   containerState
}

// A containerState is the State of a containerInfo.
type containerState struct {
	Status                                       string
	Running, Paused, Restarting, OOMKilled, Dead bool
	Pid, ExitCode                                int
	Error, StartedAt, FinishedAt                 string
}

// newContainerInfo writes times as the API's text has them.
func newContainerInfo(info dockerapi.Container) containerInfo {
	s := info.State
	state := containerState{
		s.Status, s.Running, s.Paused, s.Restarting, s.OOMKilled, s.Dead, s.Pid, s.ExitCode,
		s.Error, s.StartedAt.Format(time.RFC3339Nano), s.FinishedAt.Format(time.RFC3339Nano),
	}
	return containerInfo{info, info.Created.Format(time.RFC3339Nano), state}
}

// MarshalJSON keeps Docker's order of the fields.
func (c containerInfo) MarshalJSON() ([]byte, error) {
	text, err := marshal(c.Container)
	return []byte(text), err
}

// An imageInfo is a dockerapi.Image as containerInfo is a container.
type imageInfo struct {
	dockerapi.Image
	Created string
}

// newImageInfo is newContainerInfo of an image.
func newImageInfo(i dockerapi.Image) imageInfo {
	return imageInfo{i, i.Created.Format(time.RFC3339Nano)}
}

// MarshalJSON keeps Docker's order of the fields.
func (i imageInfo) MarshalJSON() ([]byte, error) {
	text, err := marshal(i.Image)
	return []byte(text), err
}
