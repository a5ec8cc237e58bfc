package dockercli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"text/template"
	"time"

	"drydock/sim/dockerapi"

	"github.com/spf13/pflag"
)

// versionTemplate is docker version without --format.
const versionTemplate = `{{with .Client -}}
Client:{{if ne .Platform.Name ""}} {{.Platform.Name}}{{end}}
 Version:	{{.Version}}
 API version:	{{.APIVersion}}{{if ne .APIVersion .DefaultAPIVersion}} (downgraded from {{.DefaultAPIVersion}}){{end}}
 Go version:	{{.GoVersion}}
 Git commit:	{{.GitCommit}}
 Built:	{{.BuildTime}}
 OS/Arch:	{{.Os}}/{{.Arch}}
 Context:	{{.Context}}
 Experimental:	{{.Experimental}}
{{- end}}

{{- if .ServerOK}}{{with .Server}}

Server:{{if ne .Platform.Name ""}} {{.Platform.Name}}{{end}}
 {{- range $component := .Components}}
 {{$component.Name}}:
  {{- if eq $component.Name "Engine" }}
  Version:	{{.Version}}
  API version:	{{index .Details "ApiVersion"}} (minimum version {{index .Details "MinAPIVersion"}})
  Go version:	{{index .Details "GoVersion"}}
  Git commit:	{{index .Details "GitCommit"}}
  Built:	{{index .Details "BuildTime"}}
  OS/Arch:	{{index .Details "Os"}}/{{index .Details "Arch"}}
  Experimental:	{{index .Details "Experimental"}}
  {{- else }}
  Version:	{{$component.Version}}
  {{- $detailsOrder := getDetailsOrder $component}}
  {{- range $key := $detailsOrder}}
  {{$key}}:	{{index $component.Details $key}}
   {{- end}}
  {{- end}}
 {{- end}}
 {{- end}}{{- end}}`

// A versionInfo is what formats of docker version have.
type versionInfo struct {
	Client versionClient
	Server *dockerapi.Version
}

// ServerOK tells whether the daemon has answered.
func (v versionInfo) ServerOK() bool { return v.Server != nil }

// A versionClient is what docker tells of itself.
type versionClient struct {
	Platform          struct{ Name string }
	Version           string
	APIVersion        string `json:"ApiVersion"`
	DefaultAPIVersion string
	GitCommit         string
	GoVersion         string
	Os                string
	Arch              string
	BuildTime         string
	Context           string
	Experimental      bool
}

// version is docker version. It tells of docker itself without a daemon, too.
func (d *docker) version(f *pflag.FlagSet) action {
	format := addFormat(f)
	refuse(f, unsupported{"kubeconfig", "", "string", "", "Kubernetes config file"})
	return func([]string) error {
		functions := template.FuncMap{"getDetailsOrder": func(c dockerapi.ComponentVersion) []string {
			return slices.Sorted(maps.Keys(c.Details))
		}}
		tmpl, err := template.New("version").Funcs(templateFuncs).Funcs(functions).Parse(cmp.Or(d.release.named(*format), d.release.versionTemplate()))
		if err != nil {
			return statusError{64, fmt.Sprintf("template parsing error: %v", err)}
		}
		r := d.release
		v := versionInfo{Client: versionClient{
			Version: r.version, APIVersion: d.api.version, DefaultAPIVersion: r.api, GitCommit: r.commit, GoVersion: r.goVersion,
			Os: "linux", Arch: "amd64", BuildTime: r.built, Context: "default", Experimental: true,
		}}
		var server dockerapi.Version
		_, err = d.api.get(d.ctx, "/version", nil, &server)
		if err == nil {
			v.Server = withEngine(&server)
		}
		w := tabwriter.NewWriter(d.Stdout, 20, 1, 1, ' ', 0)
		executed := renameType(tmpl.Execute(w, v), "dockercli.versionInfo", "system.versionInfo")
		fmt.Fprintln(w)
		w.Flush()
		return cmp.Or(err, executed)
	}
}

// withEngine returns v with dates as docker shows them, and with the component Engine, which
// old daemons do not have in the list.
func withEngine(v *dockerapi.Version) *dockerapi.Version {
	for i := range v.Components {
		c := &v.Components[i]
		if c.Name == "Engine" {
			if t, ok := c.Details["BuildTime"]; ok {
				c.Details["BuildTime"] = reformatDate(t)
			}
			return v
		}
	}
	v.Components = append(v.Components, dockerapi.ComponentVersion{Name: "Engine", Version: v.Version, Details: map[string]string{
		"ApiVersion": v.APIVersion, "MinAPIVersion": v.MinAPIVersion, "GitCommit": v.GitCommit, "GoVersion": v.GoVersion,
		"Os": v.Os, "Arch": v.Arch, "BuildTime": reformatDate(v.BuildTime), "Experimental": strconv.FormatBool(v.Experimental),
	}})
	return v
}

// reformatDate returns a date as C programs print it, if it is one.
func reformatDate(s string) string {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.Format(time.ANSIC)
	}
	return s
}

// versionTemplate is that of docker version without --format. Since 28 clients are not experimental.
func (r *release) versionTemplate() string {
	if !r.since28 {
		return versionTemplate
	}
	return strings.Replace(versionTemplate, " Context:\t{{.Context}}\n Experimental:\t{{.Experimental}}\n", " Context:\t{{.Context}}\n", 1)
}
