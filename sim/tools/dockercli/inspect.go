package dockercli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
	"time"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// A finder returns what there is to tell of a name, or why there is nothing.
type finder func(name string) (info any, problem string)

// findContainer is the finder of docker container inspect. The words are docker's own,
// for an address of the API that is not there.
func (d *docker) findContainer(name string) (info any, problem string) {
	c, ok := d.host.Container(name)
	if !ok {
		return nil, "Error: No such container: " + name
	}
	return newContainerInfo(c.Inspect()), ""
}

// findNetworkInfo is the finder of docker network inspect.
func (d *docker) findNetworkInfo(name string) (info any, problem string) {
	n, problem := d.findNetwork(name)
	if n == nil {
		return nil, problem
	}
	return networkInfo(n), ""
}

// findObject is the finder of docker inspect. It looks for a container and then for a
// network, by name or ID, and at last for a network whose ID begins so; Docker would go
// on to images, volumes and more, and say of all of them that there is no such object.
func (d *docker) findObject(name string) (info any, problem string) {
	if info, problem := d.findContainer(name); problem == "" {
		return info, ""
	}
	if n, ok := d.host.Network(name); ok {
		return networkInfo(n), ""
	}
	info, problem = d.findNetworkInfo(name)
	return info, strings.Replace(problem, "No such network", "No such object", 1)
}

// inspect is docker inspect.
func (d *docker) inspect(f *pflag.FlagSet) action {
	var format, kind string
	addFormat(f, &format)
	f.StringVar(&kind, "type", "", "Return JSON for specified type")
	return func(args []string) int {
		find, ok := map[string]finder{"": d.findObject, "container": d.findContainer, "network": d.findNetworkInfo}[kind]
		if !ok {
			return d.fail(1, "%q is not a valid value for --type", kind)
		}
		return d.show(args, format, find)
	}
}

// inspectContainers is docker container inspect.
func (d *docker) inspectContainers(f *pflag.FlagSet) action {
	return d.inspectBy(f, d.findContainer)
}

// inspectNetworks is docker network inspect.
func (d *docker) inspectNetworks(f *pflag.FlagSet) action {
	return d.inspectBy(f, d.findNetworkInfo)
}

func addFormat(f *pflag.FlagSet, format *string) {
	f.StringVarP(format, "format", "f", "", "Format the output using the given Go template")
}

// inspectBy is an inspect that looks for one kind of object.
func (d *docker) inspectBy(f *pflag.FlagSet, find finder) action {
	var format string
	addFormat(f, &format)
	return func(args []string) int { return d.show(args, format, find) }
}

// show prints what is found, and then what is not. Without a format that is one array
// of JSON, [] if nothing is found; with one a line for each object, and one empty line
// if there is none. A format that does not parse is status 64, and one that fails for
// an object is as if the object were not there.
func (d *docker) show(names []string, format string, find finder) (status int) {
	tmpl, err := parseTemplate(format)
	if err != nil {
		return d.fail(64, "Template parsing error: %v", err)
	}
	var infos, lines, problems []string
	for _, name := range names {
		info, problem := find(name)
		if problem == "" {
			text, err := marshal(info)
			if err != nil {
				return d.fail(1, "%v", err)
			}
			infos = append(infos, text)
			if line, err := formatInfo(tmpl, info, text); err != nil {
				problem = fmt.Sprintf("template parsing error: %v", err)
			} else {
				lines = append(lines, line)
			}
		}
		if problem != "" {
			problems = append(problems, problem)
		}
	}
	if format == "" {
		var array bytes.Buffer
		if err := json.Indent(&array, []byte("["+strings.Join(infos, ",")+"]"), "", "    "); err != nil {
			return d.fail(1, "%v", err)
		}
		d.Printf("%s\n", &array)
	} else {
		d.Printf("%s\n", strings.Join(lines, "\n"))
	}
	if len(problems) > 0 {
		return d.fail(1, "%s", strings.Join(problems, "\n"))
	}
	return 0
}

// formatInfo executes tmpl with info. Where that has no such fields it is tried with
// the names of the JSON text: both {{.ID}} and {{.Id}} are good, as with Docker.
// Numbers stay as they are written: as float64 a large one would come out as 1e+09.
func formatInfo(tmpl *template.Template, info any, text string) (string, error) {
	var b bytes.Buffer
	if err := tmpl.Execute(&b, info); err == nil {
		return b.String(), nil
	}
	b.Reset()
	var fields any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&fields); err != nil {
		return "", err
	}
	tmpl, err := tmpl.Clone()
	if err != nil {
		return "", err
	}
	err = tmpl.Option("missingkey=error").Execute(&b, fields)
	return b.String(), err
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
