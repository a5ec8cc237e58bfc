package iproute2

import (
	"encoding/json"
	"strings"
)

// A field is a name and a value of a JSON object, which ip prints in its own order. A value is
// a string, a number, a truth, a list of strings, or objects.
type field struct {
	name  string
	value any
}

type fields []field

// add adds a field unless the value is an empty text.
func (f *fields) add(name string, value any) {
	if s, ok := value.(string); !ok || s != "" {
		*f = append(*f, field{name, value})
	}
}

// printJSON prints a list of objects as ip -j does, or ip -j -p.
func (p *ip) printJSON(list []fields) {
	var b strings.Builder
	w := jsonWriter{&b, p.pretty}
	w.objects(list, 0)
	p.Printf("%s\n", b.String())
}

type jsonWriter struct {
	*strings.Builder
	pretty bool
}

// space writes text between brackets, which compact output has not.
func (w jsonWriter) space(s string) {
	if w.pretty {
		w.WriteString(s)
	}
}

func (w jsonWriter) objects(list []fields, depth int) {
	w.WriteString("[")
	w.space(" ")
	for i, object := range list {
		if i > 0 {
			w.WriteString(",")
		}
		w.WriteString("{")
		for j, f := range object {
			if j > 0 {
				w.WriteString(",")
			}
			w.space("\n" + strings.Repeat("    ", depth+2))
			w.scalar(f.name)
			w.WriteString(":")
			w.space(" ")
			w.value(f.value, depth+2)
		}
		if len(object) > 0 {
			w.space("\n" + strings.Repeat("    ", depth+1))
		}
		w.WriteString("}")
	}
	if len(list) > 0 {
		w.space(" ")
	}
	w.WriteString("]")
}

func (w jsonWriter) value(v any, depth int) {
	switch v := v.(type) {
	case []fields:
		w.objects(v, depth)
	case fields: // an object of its own
		w.WriteString("{")
		for i, f := range v {
			if i > 0 {
				w.WriteString(",")
			}
			w.space("\n" + strings.Repeat("    ", depth+1))
			w.scalar(f.name)
			w.WriteString(":")
			w.space(" ")
			w.value(f.value, depth+1)
		}
		w.space("\n" + strings.Repeat("    ", depth))
		w.WriteString("}")
	case []string:
		w.WriteString("[")
		w.space(" ")
		for i, s := range v {
			if i > 0 {
				w.WriteString(",")
			}
			w.scalar(s)
		}
		if len(v) > 0 {
			w.space(" ")
		}
		w.WriteString("]")
	default:
		w.scalar(v)
	}
}

func (w jsonWriter) scalar(v any) {
	text, err := json.Marshal(v)
	if err == nil {
		w.Write(text)
	}
}
