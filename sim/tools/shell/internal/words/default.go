package words

import "mvdan.cc/sh/v3/syntax"

// isDefault tells whether an operator is about parameters that are not set.
func isDefault(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.ErrorUnset, syntax.ErrorUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return true
	}
	return false
}

// defaults appends the pieces of ${NAME-WORD} and its like.
func (e *Expander) defaults(to []piece, p *syntax.ParamExp, v parameter, q quoting) ([]piece, error) {
	use := v.set // the parameter
	switch p.Exp.Op {
	case syntax.AlternateUnsetOrNull, syntax.DefaultUnsetOrNull, syntax.ErrorUnsetOrNull, syntax.AssignUnsetOrNull:
		use = v.set && v.text() != ""
	}
	switch p.Exp.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if !use {
			return to, nil
		}
		return e.other(to, p.Exp.Word, q)
	}
	if use {
		return e.emit(to, v, q), nil
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		return e.other(to, p.Exp.Word, q)
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return e.assign(to, p, v, q)
	}
	text, err := e.text(p.Exp.Word, unquoted)
	if err == nil {
		err = e.notSet(v.name, text, p.Exp.Op == syntax.ErrorUnsetOrNull)
	}
	return nil, err
}

// other appends the pieces of the word that stands for a parameter.
func (e *Expander) other(to []piece, w *syntax.Word, q quoting) ([]piece, error) {
	if w == nil {
		return to, nil
	}
	if !q.quotes() {
		q = value
	}
	return e.parts(to, w.Parts, q)
}

// assign is ${NAME=WORD}.
func (e *Expander) assign(to []piece, p *syntax.ParamExp, v parameter, q quoting) ([]piece, error) {
	text, err := e.text(p.Exp.Word, unquoted)
	if err != nil {
		return nil, err
	}
	if !syntax.ValidName(v.name) {
		return nil, e.fault("$"+v.name+": cannot assign in this way", v.name+": bad variable name")
	}
	if v.key != "" {
		err = e.Vars.AssignElement(v.name, v.key, text)
	} else {
		err = e.Vars.Assign(v.name, text)
	}
	if err != nil {
		return nil, e.Refused(v.name, err)
	}
	v.values = []string{text}
	return e.emit(to, v, q), nil
}

// notSet is the fault of ${NAME?TEXT}.
func (e *Expander) notSet(name, text string, orNull bool) error {
	if text == "" {
		text = "parameter not set"
		switch {
		case orNull && e.Bash:
			text = "parameter null or not set"
		case orNull:
			text = "parameter not set or null"
		}
	}
	return &Fault{Text: name + ": " + text, Status: e.unsetStatus()}
}

// unset is the fault of $NAME after set -u.
func (e *Expander) unset(name string) error {
	if e.Bash {
		return &Fault{Text: name + ": unbound variable", Status: e.unsetStatus()}
	}
	return &Fault{Text: name + ": parameter not set"}
}

func (e *Expander) unsetStatus() int {
	if e.Bash {
		return 127
	}
	return 0
}

// Refused is the fault of an assignment that package vars refuses.
func (e *Expander) Refused(name string, err error) error {
	if err.Error() == "readonly variable" {
		return e.fault(name+": readonly variable", name+": is read only")
	}
	return e.fault("xrealloc: "+err.Error(), "Out of space")
}
