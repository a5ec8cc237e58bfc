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

func (d *docker) findContainer(name string) (info any, problem string) {
	c, ok := d.host.Container(name)
	if !ok {
		return nil, "Error: No such container: " + name
	}
	return newContainerInfo(c.Inspect()), ""
}

func (d *docker) findNetworkInfo(name string) (info any, problem string) {
	n, problem := d.findNetwork(name)
	if n == nil {
		return nil, problem
	}
	return networkInfo(n), ""
}

// findObject looks for a container and then for a network.
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

func (d *docker) inspectContainers(f *pflag.FlagSet) action {
	return d.inspectBy(f, d.findContainer)
}

func (d *docker) inspectNetworks(f *pflag.FlagSet) action {
	return d.inspectBy(f, d.findNetworkInfo)
}

func addFormat(f *pflag.FlagSet, format *string) {
	f.StringVarP(format, "format", "f", "", "Format the output using the given Go template")
}

func (d *docker) inspectBy(f *pflag.FlagSet, find finder) action {
	var format string
	addFormat(f, &format)
	return func(args []string) int { return d.show(args, format, find) }
}

// show prints what is found, and then what is not.
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

// formatInfo executes tmpl with info. Where that has no such fields it is tried with the
// names of the JSON text: both {{.ID}} and {{.Id}} are good.
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

// A containerInfo is a dockerapi.Container whose times are text in templates, as Docker's
// are.
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
