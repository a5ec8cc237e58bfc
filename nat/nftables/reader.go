package nftables

// A reader gives tokens one after the other: those of a text, which is split as it is read, and in the place of variables
// those that they were defined as.
type reader struct {
	frames []frame // the last is read first
	last   token   // that was taken
	open   int     // braces that have been opened, and not closed
	budget int     // tokens that variables may still stand for
}

// A frame is tokens that are to be read.
type frame struct {
	tokens []token
	more   *lexer // that has the tokens behind, nil: nobody
	at     span   // of a variable: where it is used
	used   bool   // it is the tokens of a variable
	open   int    // braces before it
}

// maxExpanded bounds how many tokens all variables of an input stand for: some 40 MB of elements.
const maxExpanded = 1 << 18

func newReader(more *lexer, tokens []token) *reader {
	return &reader{frames: []frame{{tokens: tokens, more: more}}, budget: maxExpanded}
}

// peek returns the next token.
func (r *reader) peek() token {
	for {
		f := &r.frames[len(r.frames)-1]
		if len(f.tokens) == 0 {
			if f.more == nil {
				r.frames = r.frames[:len(r.frames)-1]
				continue
			}
			f.tokens = append(f.tokens, f.more.next())
		}
		t := f.tokens[0]
		if f.used {
			t.at = f.at
		}
		if t.kind != standIn {
			return t
		}
		f.tokens = f.tokens[1:]
		r.push(t.def, t.at)
	}
}

// after returns the token behind the next one, which is not the last of a variable.
func (r *reader) after() token {
	r.peek()
	f := &r.frames[len(r.frames)-1]
	if len(f.tokens) == 1 && f.more != nil {
		f.tokens = append(f.tokens, f.more.next())
	}
	if len(f.tokens) == 1 {
		return token{kind: ending}
	}
	return f.tokens[1]
}

// next takes a token.
func (r *reader) next() token {
	t := r.peek()
	if t.kind == ending {
		return t
	}
	f := &r.frames[len(r.frames)-1]
	if f.tokens = f.tokens[1:]; len(f.tokens) == 0 && f.more != nil {
		f.tokens = nil
	}
	switch r.last = t; {
	case t.is("{"):
		r.open++
	case t.is("}"):
		r.open--
	}
	return t
}

// leave leaves the variables that are being read.
func (r *reader) leave() {
	if len(r.frames) > 1 {
		r.open = r.frames[1].open
		r.frames = r.frames[:1]
	}
}

// push has what a variable was defined as come next.
func (r *reader) push(d *definition, at span) {
	if r.budget -= len(d.value) + 1; r.budget < 0 {
		panic(wrong(at, "variable too long"))
	}
	for len(r.frames) > 1 && len(r.frames[len(r.frames)-1].tokens) == 0 {
		r.frames = r.frames[:len(r.frames)-1]
	}
	r.frames = append(r.frames, frame{tokens: d.value, at: at, used: true, open: r.open})
}
