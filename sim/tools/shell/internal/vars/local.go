package vars

// Push begins a function.
func (s *Set) Push() { s.frames = append(s.frames, nil) }

// Pop ends a function: what it had made local has its former value again.
func (s *Set) Pop() {
	last := len(s.frames) - 1
	for name, before := range s.frames[last] {
		s.size -= s.m[name].size()
		if before == nil {
			delete(s.m, name)
		} else {
			s.m[name] = *before
		}
		s.environ = nil
	}
	s.frames = s.frames[:last]
}

// Depth returns how many functions have begun and not ended.
func (s *Set) Depth() int { return len(s.frames) }

// Local makes a variable local to the function that began last. empty is whether it then has
// no value, as in bash; in dash it keeps the one that it had.
func (s *Set) Local(name string, empty bool) error {
	frame := &s.frames[len(s.frames)-1]
	if _, ok := (*frame)[name]; ok {
		return nil
	}
	v, ok := s.m[name]
	if v.ReadOnly {
		return ErrReadOnly
	}
	if *frame == nil {
		*frame = make(map[string]*Var)
	}
	if !ok {
		(*frame)[name] = nil
		return nil
	}
	if !empty {
		if err := s.grow(v.size()); err != nil {
			return err
		}
		v.owner = nil // the elements are now in two places
		s.m[name] = v
	}
	(*frame)[name] = &v
	if !empty {
		return nil
	}
	delete(s.m, name)
	if v.Export {
		s.put(name, Var{Export: true})
	}
	return nil
}
