// Package vars keeps the variables of a shell: plain ones and arrays, exported, read-only and
// local ones.
package vars

import (
	"errors"
	"maps"
	"slices"
	"strconv"
)

// What an assignment fails with.
var (
	ErrReadOnly = errors.New("readonly variable")
	ErrTooBig   = errors.New("cannot allocate memory") // what scripts fill a machine with
)

// maxSize bounds the text of all variables of a shell.
const maxSize = 16 << 20

// A Var is a variable. Its elements are not changed in place: see Set.own.
type Var struct {
	Value            string
	Elements         map[string]string // of an array, by key; nil for others
	Set              bool              // it has a value; without it may be exported and so on
	Export, ReadOnly bool
	Integer          bool // its value is an expression: declare -i
	Assoc            bool // keys are words: declare -A

	seq   int    // the order of assignments
	owner *token // who may change Elements
}

type token struct{ _ byte }

// A Set is the variables of a shell. A subshell has a clone.
type Set struct {
	m       map[string]Var
	frames  []map[string]*Var // what functions have made local, and what was there before
	seq     int
	size    int
	order   Order
	environ []string // of Environ; nil when it changed
	owner   *token
}

// New returns a set with an environment, in which all are exported. Names that are none are
// left out. Without an order the environment is in that in which variables came.
func New(env []string, valid func(string) bool, order Order) *Set {
	s := &Set{m: make(map[string]Var, len(env)+8), order: order, owner: new(token)}
	for _, e := range env {
		for i := range len(e) {
			if e[i] == '=' {
				if valid(e[:i]) {
					v := s.m[e[:i]]
					v.Value, v.Set, v.Export = e[i+1:], true, true
					s.put(e[:i], v)
				}
				break
			}
		}
	}
	return s
}

// Clone returns a copy that changes independently. It has no local variables to restore.
func (s *Set) Clone() *Set {
	c := *s
	c.m, c.frames = maps.Clone(s.m), nil
	c.owner, s.owner = new(token), new(token)
	return &c
}

// Lookup returns a variable.
func (s *Set) Lookup(name string) (Var, bool) {
	v, ok := s.m[name]
	return v, ok
}

// Get returns the value of a variable, of an array that of its element 0.
func (s *Set) Get(name string) (value string, set bool) {
	v := s.m[name]
	if v.Elements != nil {
		value, set = v.Elements["0"]
		return value, set
	}
	return v.Value, v.Set
}

// Assign gives a variable a value, of an array the element 0.
func (s *Set) Assign(name, value string) error {
	v := s.m[name]
	if v.ReadOnly {
		return ErrReadOnly
	}
	if v.Elements != nil {
		return s.AssignElement(name, "0", value)
	}
	if err := s.grow(len(value) - len(v.Value)); err != nil {
		return err
	}
	v.Value, v.Set = value, true
	s.put(name, v)
	return nil
}

// AssignElement gives an element of an array a value. A variable that is none becomes one.
func (s *Set) AssignElement(name, key, value string) error {
	v := s.m[name]
	if v.ReadOnly {
		return ErrReadOnly
	}
	more := len(key) + len(value)
	if old, ok := v.Elements[key]; ok {
		more = len(value) - len(old)
	}
	if err := s.grow(more); err != nil {
		return err
	}
	s.own(&v)
	v.Elements[key] = value
	v.Set = true
	s.put(name, v)
	return nil
}

// own makes v an array that the set may change.
func (s *Set) own(v *Var) {
	switch {
	case v.Elements == nil:
		v.Elements = make(map[string]string)
		if v.Set {
			v.Elements["0"], v.Value = v.Value, ""
			s.size++
		}
	case v.owner != s.owner:
		v.Elements = maps.Clone(v.Elements)
	}
	v.owner = s.owner
}

// Clear makes a variable an empty array.
func (s *Set) Clear(name string, assoc bool) error {
	v := s.m[name]
	if v.ReadOnly {
		return ErrReadOnly
	}
	s.size -= v.size()
	v.Value, v.Elements, v.owner, v.Set, v.Assoc = "", make(map[string]string), s.owner, true, assoc
	s.put(name, v)
	return nil
}

// Unset removes a variable.
func (s *Set) Unset(name string) error {
	v, ok := s.m[name]
	switch {
	case !ok:
		return nil
	case v.ReadOnly:
		return ErrReadOnly
	}
	s.size -= v.size()
	delete(s.m, name)
	s.environ = nil
	return nil
}

// UnsetElement removes an element of an array.
func (s *Set) UnsetElement(name, key string) error {
	v, ok := s.m[name]
	switch {
	case !ok || v.Elements == nil:
		return nil
	case v.ReadOnly:
		return ErrReadOnly
	}
	s.own(&v)
	if old, ok := v.Elements[key]; ok {
		s.size -= len(key) + len(old)
		delete(v.Elements, key)
	}
	s.put(name, v)
	return nil
}

// Change changes the attributes of a variable.
func (s *Set) Change(name string, f func(*Var)) {
	v := s.m[name]
	f(&v)
	s.put(name, v)
}

// Export puts a variable into the environment.
func (s *Set) Export(name string) { s.Change(name, func(v *Var) { v.Export = true }) }

// put enters a variable.
func (s *Set) put(name string, v Var) {
	if v.seq == 0 {
		s.seq++
		v.seq = s.seq
	}
	s.m[name] = v
	if v.Export {
		s.environ = nil
	}
}

// grow accounts for n more bytes.
func (s *Set) grow(n int) error {
	if s.size+n > maxSize {
		return ErrTooBig
	}
	s.size += n
	return nil
}

// size returns how much text a variable has.
func (v Var) size() int {
	n := len(v.Value)
	for key, value := range v.Elements {
		n += len(key) + len(value)
	}
	return n
}

// Names returns the names of all variables, in order.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.m)) }

// Environ returns the exported variables in the order of the set. It is not to be changed.
func (s *Set) Environ() []string {
	if s.environ != nil {
		return s.environ
	}
	names := make([]string, 0, len(s.m))
	for name, v := range s.m {
		if v.Export && v.Set && v.Elements == nil {
			names = append(names, name)
		}
	}
	s.sort(names)
	env := make([]string, len(names))
	for i, name := range names {
		env[i] = name + "=" + s.m[name].Value
	}
	s.environ = env
	return env
}

// Keys returns the keys of an array in order, which for numbers is theirs.
func (v Var) Keys() []string {
	keys := slices.Collect(maps.Keys(v.Elements))
	if v.Assoc {
		slices.Sort(keys)
		return keys
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	return keys
}
