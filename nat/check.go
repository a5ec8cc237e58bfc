package nat

import (
	"fmt"
	"reflect"
)

// check brings r into the form in which iptables prints rules, or finds what is wrong
// with it in a table and, in a built-in chain, at its hook. In that form rules are equal if
// they mean the same, which -C and -D rely on.
func (r *rule) check(on *host, v6 bool, id tableID, h hook) error {
	if err := r.Src.check(v6); err != nil {
		return blame("Src", err)
	}
	if err := r.Dst.check(v6); err != nil {
		return blame("Dst", err)
	}
	if err := r.In.checkAt(h, atOutput|atPostrouting); err != nil {
		return blame("In", err)
	}
	if err := r.Out.checkAt(h, atPrerouting|atInput); err != nil {
		return blame("Out", err)
	}
	if r.Proto.Number == 0 && r.Proto.Not {
		return blame("Proto", ErrNever)
	}
	switch {
	case r.Fragment > FirstFragments:
		return blame("Fragment", ErrValue)
	case r.Fragment != AllFragments && v6:
		return blame("Fragment", ErrFamily)
	}
	// What the matches and the target allow is what they all allow.
	r.hooks = everyHook
	in := setting{v6, r.Proto, on}
	for i, m := range r.Matches {
		err := ErrMatch
		if isValue(m) {
			m, err = m.checked(in)
		}
		if err != nil {
			return blame(fmt.Sprintf("Matches[%d]", i), err)
		}
		r.Matches[i] = m
		r.hooks &= hooksOf(m)
	}
	return blame("Target", r.checkTarget(in, id))
}

// checkTarget refuses what the table may not have at all. At which hooks the rest may
// stand is seen later, when it is known from where packets come to the chain.
func (r *rule) checkTarget(in setting, id tableID) (err error) {
	if r.Target == nil {
		return nil
	}
	if !isValue(r.Target) {
		return ErrTarget
	}
	where := r.Target.place()
	if where.tables&(1<<id) == 0 {
		return ErrTarget
	}
	r.hooks &= where.hooks
	r.Target, err = r.Target.checked(in)
	return err
}

// isValue is false for what only looks like a match or a target: nil, and a pointer to
// one, which has its methods but could change later.
func isValue(x any) bool { return x != nil && reflect.TypeOf(x).Kind() != reflect.Pointer }

// hooksOf returns the hooks at which a match is allowed.
func hooksOf(m Match) hookSet {
	if m, ok := m.(hooked); ok {
		return m.hooks()
	}
	return everyHook
}

// misplaced says what is not allowed at some of hooks.
func (r *rule) misplaced(hooks hookSet) error {
	for i, m := range r.Matches {
		if hooks&^hooksOf(m) != 0 {
			return blame(fmt.Sprintf("Matches[%d]", i), ErrMatch)
		}
	}
	return blame("Target", ErrTarget)
}
