package grep

import "fmt"

// one looks at a line. It is false if no further one matters.
func (st *state) one(line string, _ bool) bool {
	st.line++
	_, _, ok := st.match(line, 0)
	if ok == st.invert {
		return st.context(line)
	}
	st.matches++
	st.found = true
	switch {
	case st.quiet || st.files:
		return false
	case st.filesWithout:
		return false
	case st.count:
	default:
		st.separate(st.line - len(st.before))
		for _, h := range st.before {
			st.print(h.number, h.text, "-")
		}
		st.before = nil
		if st.only {
			st.parts(line)
		} else {
			st.print(st.line, line, ":")
		}
		st.after = st.searcher.after
	}
	return st.maxCount < 0 || st.matches < st.maxCount
}

// context shows or holds a line that does not match.
func (st *state) context(line string) bool {
	switch {
	case st.count || st.quiet || st.files || st.filesWithout || st.only:
	case st.after > 0:
		st.after--
		st.print(st.line, line, "-")
	case st.searcher.before > 0:
		if st.before = append(st.before, held{st.line, line}); len(st.before) > st.searcher.before {
			st.before = st.before[1:]
		}
	}
	return true
}

// separate shows -- between parts of a file that are not next to each other.
func (st *state) separate(first int) {
	if (st.searcher.before > 0 || st.searcher.after > 0) && st.last > 0 && first > st.last+1 && !st.only {
		st.c.Printf("--\n")
	}
}

func (st *state) print(number int, line, separator string) {
	st.prefix(st.shown, separator)
	if st.number {
		fmt.Fprintf(st.c.Stdout, "%d%s", number, separator)
	}
	fmt.Fprintf(st.c.Stdout, "%s\n", line)
	st.last = number
}

// parts shows what matched: -o.
func (st *state) parts(line string) {
	if st.invert {
		return
	}
	for at := 0; at <= len(line); {
		from, to, ok := st.match(line, at)
		if !ok {
			return
		}
		if to == from {
			at = to + 1
			continue
		}
		st.print(st.line, line[from:to], ":")
		at = to
	}
}
