// Package apishape writes what package dockerapi has as a release of Docker does: which fields there
// are, and in which order, differs from one to the next. The fields of dockerapi are in the order of
// 20.10; shapes.go has what later ones made of them.
package apishape

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A Version is one of the HTTP API: 1.41.
type Version [2]int

// ParseVersion reads "1.41"; what is none is the zero Version.
func ParseVersion(text string) (v Version) {
	fmt.Sscanf(text, "%d.%d", &v[0], &v[1])
	return v
}

func (v Version) less(than Version) bool {
	return v[0] < than[0] || v[0] == than[0] && v[1] < than[1]
}

// A Shape is for whom something is written: the API of the daemon says which release writes, that of
// the request which fields are told.
type Shape struct{ Daemon, Asked Version }

// Marshal returns the JSON of v, without a newline.
func (s Shape) Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(s.shaped(reflect.ValueOf(v)))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// A field is one of an object.
type field struct {
	name  string
	value any
}

// An object keeps the order of its fields.
type object []field

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte("{")
	for i, f := range o {
		value, err := marshal(f.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(fmt.Appendf(b, "%q", f.name), ':'), value...)
	}
	return append(b, '}'), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

var marshaler, textMarshaler = reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()

// shaped returns what is to be encoded instead of v: objects instead of structs.
func (s Shape) shaped(v reflect.Value) any {
	switch {
	case !v.IsValid():
		return nil
	case v.Type().Implements(marshaler), v.Type().Implements(textMarshaler):
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return s.shaped(v.Elem())
	case reflect.Struct:
		return s.object(v)
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := make(map[string]any)
		for k, e := range v.Seq2() {
			m[k.String()] = s.shaped(e)
		}
		return m
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = s.shaped(v.Index(i))
		}
		return list
	}
	return v.Interface()
}

// object returns the fields of a struct, by the shape of its type if it has one.
func (s Shape) object(v reflect.Value) object {
	all := s.fields(v)
	rules := shapes[v.Type()]
	for _, r := range slices.Backward(rules) {
		if !s.Daemon.less(r.daemon) && !s.Asked.less(r.asked) {
			return r.apply(all)
		}
	}
	return dropEmpty(all, nil)
}

// A member is a field of a struct.
type member struct {
	field
	omitEmpty, empty bool
}

// fields returns those of a struct, with those of structs that it embeds.
func (s Shape) fields(v reflect.Value) (list []member) {
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		value := v.FieldByIndex(f.Index)
		list = slices.DeleteFunc(list, func(m member) bool { return m.name == name }) // of an embedded struct
		list = append(list, member{field{name, s.shaped(value)}, options == "omitempty", isEmpty(value)})
	}
	return list
}

// isEmpty is what omitempty means.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func dropEmpty(list []member, always []string) (o object) {
	for _, m := range list {
		if !m.omitEmpty || !m.empty || slices.Contains(always, m.name) {
			o = append(o, m.field)
		}
	}
	return o
}

// A rule is how a type is written by daemons since one, if an API since one is asked.
type rule struct {
	daemon, asked Version
	// first are fields that come before all others, in that order; the rest keeps its own.
	first []string
	// gone are fields that there are not any more, and always those that are told when they are
	// empty, too.
	gone, always []string
	after        [][2]string // the first comes after the second
}

func (r *rule) apply(list []member) object {
	list = slices.DeleteFunc(list, func(m member) bool { return slices.Contains(r.gone, m.name) })
	index := func(name string) int { return slices.IndexFunc(list, func(m member) bool { return m.name == name }) }
	for _, move := range r.after {
		i := index(move[0])
		if i < 0 {
			continue
		}
		m := list[i]
		list = slices.Delete(list, i, i+1)
		list = slices.Insert(list, index(move[1])+1, m)
	}
	for at, name := range r.first {
		if i := index(name); i >= 0 {
			m := list[i]
			list = slices.Insert(slices.Delete(list, i, i+1), at, m)
		}
	}
	return dropEmpty(list, r.always)
}
