package words

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// A parameter is what a parameter expansion begins with.
type parameter struct {
	name   string
	key    string // of an element of an array; see key
	values []string
	list   bool // $@, $*, ${a[@]} and the like: values are any number, otherwise one
	star   bool // of these one with a star
	set    bool
}

// text returns the values as one.
func (p parameter) text() string { return strings.Join(p.values, " ") }

// param appends the pieces of $NAME and ${NAME…}.
func (e *Expander) param(to []piece, p *syntax.ParamExp, q quoting) ([]piece, error) {
	v, err := e.parameter(p)
	if err != nil {
		return nil, err
	}
	if p.Exp != nil && isDefault(p.Exp.Op) {
		return e.defaults(to, p, v, q)
	}
	if e.NoUnset && !v.set && !v.list {
		return nil, e.unset(v.name)
	}
	switch {
	case p.Length:
		n := len(v.values)
		if !v.list {
			n = utf8.RuneCountInString(v.text())
		}
		return append(to, piece{text: strconv.Itoa(n), quoted: q.quotes(), splits: !q.quotes()}), nil
	case p.Slice != nil:
		err = e.slice(&v, p.Slice)
	case p.Repl != nil:
		err = e.replace(&v, p.Repl)
	case p.Exp != nil:
		err = e.operate(&v, p.Exp)
	}
	if err != nil {
		return nil, err
	}
	return e.emit(to, v, q), nil
}

// emit appends the values of a parameter.
func (e *Expander) emit(to []piece, v parameter, q quoting) []piece {
	if v.star && q.quotes() {
		sep := e.ifs()
		if sep != "" {
			_, n := utf8.DecodeRuneInString(sep)
			sep = sep[:n]
		}
		return append(to, piece{text: strings.Join(v.values, sep), quoted: true})
	}
	for i, text := range v.values {
		to = append(to, piece{text: text, quoted: q.quotes(), splits: !q.quotes(), ends: i > 0})
	}
	return to
}

// parameter finds the parameter that p is about.
func (e *Expander) parameter(p *syntax.ParamExp) (parameter, error) {
	if p.Param == nil || p.Flags != nil || p.NestedParam != nil || p.Width || p.IsSet || p.Modifiers != nil {
		return parameter{}, e.fault("bad substitution", "Bad substitution")
	}
	name := p.Param.Value
	if !p.Excl {
		return e.named(name, p.Index)
	}
	switch {
	case p.Names != 0:
		v := parameter{name: name, list: true, star: p.Names == syntax.NamesPrefix}
		for _, n := range e.Vars.Names() {
			if strings.HasPrefix(n, name) {
				v.values = append(v.values, n)
			}
		}
		return v, nil
	case indexText(p.Index) == "@" || indexText(p.Index) == "*":
		variable, _ := e.Vars.Lookup(name)
		return parameter{name: name, list: true, star: indexText(p.Index) == "*", values: variable.Keys()}, nil
	}
	v, err := e.named(name, p.Index)
	if err != nil {
		return v, err
	}
	if target := v.text(); syntax.ValidName(target) || strings.Trim(target, "0123456789") == "" && target != "" {
		return e.named(target, nil)
	}
	return v, &Fault{Text: name + ": invalid indirect expansion"}
}

// named returns a parameter by its name, and an element or all of an array by an index.
func (e *Expander) named(name string, index syntax.ArithmExpr) (parameter, error) {
	v := parameter{name: name}
	switch {
	case name == "@" || name == "*":
		v.values, v.list, v.star, v.set = e.Params, true, name == "*", len(e.Params) > 0
		return v, e.takeAll(v.values)
	case strings.Trim(name, "0123456789") == "" && name != "0":
		n, err := strconv.Atoi(name)
		if v.set = err == nil && n > 0 && n <= len(e.Params); v.set {
			v.values = []string{e.Params[n-1]}
			return v, nil
		}
		v.values = []string{""}
		return v, nil
	case index != nil:
		return e.element(v, index)
	}
	if value, ok := e.Special(name); ok {
		v.values, v.set = []string{value}, true
		return v, nil
	}
	value, set := e.Vars.Get(name)
	v.values, v.set = []string{value}, set
	return v, nil
}

// takeAll accounts for the values of a list before they are copied.
func (e *Expander) takeAll(values []string) error {
	n := 0
	for _, v := range values {
		n += len(v) + 1
	}
	return e.take(n)
}

// element returns ${NAME[INDEX]}.
func (e *Expander) element(v parameter, index syntax.ArithmExpr) (parameter, error) {
	variable, _ := e.Vars.Lookup(v.name)
	if text := indexText(index); text == "@" || text == "*" {
		v.list, v.star = true, text == "*"
		for _, key := range variable.Keys() {
			v.values = append(v.values, variable.Elements[key])
		}
		if variable.Elements == nil && variable.Set {
			v.values = []string{variable.Value}
		}
		v.set = len(v.values) > 0
		return v, e.takeAll(v.values)
	}
	key, err := e.Key(v.name, index)
	if err != nil {
		return v, err
	}
	value, set := variable.Elements[key]
	if variable.Elements == nil && key == "0" {
		value, set = variable.Value, variable.Set
	}
	v.key, v.values, v.set = key, []string{value}, set
	return v, nil
}

// Key returns the key that an index of an array means. Negative ones count from its end.
func (e *Expander) Key(name string, index syntax.ArithmExpr) (string, error) {
	variable, _ := e.Vars.Lookup(name)
	if word, ok := index.(*syntax.Word); ok && variable.Assoc {
		return e.Word(word)
	}
	n, err := e.Arithmetic(index)
	if err != nil {
		return "", err
	}
	if keys := variable.Keys(); n < 0 && len(keys) > 0 && !variable.Assoc {
		last, _ := strconv.ParseInt(keys[len(keys)-1], 10, 64)
		n += last + 1
	}
	if n < 0 {
		return "", &Fault{Text: name + ": bad array subscript"}
	}
	return formatInt(n), nil
}

// indexText returns an index that is literal text.
func indexText(index syntax.ArithmExpr) string {
	if word, ok := index.(*syntax.Word); ok {
		return word.Lit()
	}
	return ""
}
