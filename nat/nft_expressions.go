package nat

// maxExpressions is how many expressions of nf_tables a rule has at most, NFT_RULE_MAXEXPRS.
const maxExpressions = 128

// tooLong reports whether Linux would refuse a rule for its length.
func tooLong(list []Statement) bool {
	n := 0
	for _, s := range list {
		n += expressions(s)
	}
	return n > maxExpressions
}

// expressions returns of how many expressions nft makes a statement: a value is loaded, put under a mask, compared. Those
// that ask for the header first are not among them.
func expressions(s Statement) int {
	n := 1
	switch s := s.(type) {
	case Compare:
		n = 2
		if s.Mask != (Word{}) || s.Op == AnyOf || s.Op == NoneOf || s.Op == In {
			n = 3
		}
	case Lookup:
		n = len(s.Keys) + 1
		if s.Mask != (Word{}) {
			n++
		}
	case VerdictMap:
		n = len(s.Keys) + 1
	case SetKey:
		n = 2
	case Translate:
		n += s.Addr.expressions() + s.Port.expressions()
	}
	return n
}

func (o *Operand) expressions() int {
	switch {
	case !o.Given:
		return 0
	case len(o.Keys) > 0:
		return len(o.Keys) + 1
	case o.Min != o.Max:
		return 2
	}
	return 1
}

// ends reports whether what follows a statement has no effect.
func ends(s Statement) bool {
	switch s := s.(type) {
	case Verdict:
		return s.Decision != Continue
	case Rejection, Translate:
		return true
	}
	return false
}

// CheckStatement returns why a statement can be in no rule, for its numbers. Those that name something are not looked up.
func CheckStatement(s Statement) error {
	switch s := s.(type) {
	case *RateLimit:
		_, err := s.prepared(nil)
		return err
	case *Quota:
		if s.Name == "" {
			_, err := s.prepared(nil)
			return err
		}
	}
	return nil
}
