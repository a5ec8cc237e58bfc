package dockercli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// templateFuncs are Docker's functions in templates, of docker/cli/templates. title
// makes the first letter of words large that spaces separate.
var templateFuncs = template.FuncMap{
	"json":  marshal,
	"split": strings.Split,
	"join":  strings.Join,
	"lower": strings.ToLower,
	"upper": strings.ToUpper,
	"title": func(s string) string {
		words := strings.Split(s, " ")
		for i, w := range words {
			if w != "" {
				words[i] = strings.ToUpper(w[:1]) + w[1:]
			}
		}
		return strings.Join(words, " ")
	},
	"pad":      pad,
	"truncate": func(s string, n int) string { return s[:max(0, min(n, len(s)))] },
}

// widest is how far pad goes. It is how far fmt, and so printf, does. Docker's has no
// limit and runs out of memory.
const widest = 1e6

// pad returns s with spaces around it, if it is not empty.
func pad(s string, before, after int) (string, error) {
	if n := max(before, after); n > widest {
		return "", fmt.Errorf("%d is too wide", n)
	}
	if s == "" {
		return "", nil
	}
	return strings.Repeat(" ", max(before, 0)) + s + strings.Repeat(" ", max(after, 0)), nil
}

// template parses a --format. The template has no name, so messages say "template:
// :1:" as Docker's do. Since 23 "json" stands for all as JSON.
func (r *release) template(text string) (*template.Template, error) {
	return template.New("").Funcs(templateFuncs).Parse(r.named(text))
}

// named returns the format that a name stands for.
func (r *release) named(text string) string {
	if r.since28 && text == "json" {
		return "{{json .}}"
	}
	return text
}

// marshal returns JSON that leaves <, > and & as they are.
func marshal(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// renameType has an error of a template name a type as docker calls it.
func renameType(err error, own, dockers string) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), "type "+own, "type "+dockers))
}
