package sed

import "regexp"

// selects tells whether an instruction is for the current line.
func (e *editor) selects(in *instruction) bool { return e.inRange(in) != in.negated }

func (e *editor) inRange(in *instruction) bool {
	switch {
	case in.from == nil:
		return true
	case in.to == nil:
		return e.matches(in.from)
	case in.active:
		if in.to.kind == byRegex {
			in.active = !e.matches(in.to)
			return true
		}
		if in.to.kind == byLast {
			in.active = !e.isLast()
			return true
		}
		in.active = e.line < in.until
		return e.line <= in.until
	}
	zero := in.from.kind == byNumber && in.from.line == 0
	if zero && e.line == 1 {
		in.active = !e.matches(in.to)
		return true
	}
	if zero || !e.matches(in.from) {
		return false
	}
	switch in.to.kind {
	case byRegex:
		in.active = true
		return true
	case byLast:
		in.active = !e.isLast()
		return true
	case byCount:
		in.until = e.line + in.to.step
	case byMultiple:
		in.until = e.line
		if in.to.step > 0 {
			in.until = (e.line + in.to.step - 1) / in.to.step * in.to.step
		}
	default:
		in.until = in.to.line
	}
	in.active = e.line < in.until
	return true
}

func (e *editor) matches(a *address) bool {
	switch a.kind {
	case byLast:
		return e.isLast()
	case byRegex:
		rx := e.regex(a.regex)
		return rx != nil && rx.MatchString(e.space)
	case byStep:
		if a.step <= 0 {
			return e.line == a.line
		}
		return e.line >= a.line && (e.line-a.line)%a.step == 0
	}
	return e.line == a.line
}

// regex returns an expression, or that used last.
func (e *editor) regex(rx *regexp.Regexp) *regexp.Regexp {
	if rx == nil {
		if e.used == nil {
			e.fail("no previous regular expression")
			e.quitting, e.status = true, 1
		}
		return e.used
	}
	e.used = rx
	return rx
}
