package shell

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/streams"
	"drydock/sim/tools/shell/internal/words"

	"mvdan.cc/sh/v3/syntax"
)

// reading is the options of read.
type reading struct {
	raw, silent bool
	prompt      string
	timeout     time.Duration // 0: none
	count       int           // characters, 0: a line
	array       string
	delimiter   byte
}

// read is the builtin. It takes no byte more than the line, as commands after it read on.
func read(s *shell, ctx context.Context, args []string) int {
	r := reading{delimiter: '\n'}
	names, bad := r.options(s, args[1:])
	if bad != 0 {
		return bad
	}
	for _, name := range names {
		if !syntax.ValidName(name) {
			return s.refuse(s.faults(), "read", s.words("`%s': not a valid identifier", "%s: bad variable name", "'%s': bad variable name"), name)
		}
	}
	if r.prompt != "" && s.Terminal(0) {
		io.WriteString(s.files.Writer(2), r.prompt)
	}
	if r.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
		defer cancel()
	}
	line, escaped, err := s.readLine(ctx, &r)
	status := one(err != nil)
	if errors.Is(err, context.DeadlineExceeded) {
		status = 128 + int(command.SIGALRM)
	}
	switch {
	case r.array != "":
		s.readArray(r.array, line, escaped)
	case len(names) == 0 && s.bash:
		s.assign("REPLY", line) // as it is
	default:
		if len(names) == 0 {
			names = []string{"REPLY"}
		}
		for i, value := range s.fieldsOf(line, escaped, len(names)) {
			if !s.assign(names[i], value) {
				return s.status
			}
		}
	}
	return status
}

// options parses the arguments of read. A status that is not 0 ends it.
func (r *reading) options(s *shell, args []string) (names []string, status int) {
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		letters := args[0][1:]
		args = args[1:]
		if letters == "-" {
			break
		}
		for letters != "" {
			letter := letters[0]
			letters = letters[1:]
			switch {
			case letter == 'r':
				r.raw = true
				continue
			case letter == 's' && (s.bash || s.busybox):
				r.silent = true
				continue
			case strings.IndexByte(s.words("ptnad", "p", "ptn"), letter) < 0:
				return nil, s.refuse(2, "read", s.words("-%c: invalid option", "Illegal option -%c", ""), letter)
			}
			value := letters
			letters = ""
			if value == "" {
				if len(args) == 0 {
					return nil, s.refuse(2, "read", s.words("-%c: option requires an argument", "No arg for -%c option", ""), letter)
				}
				value, args = args[0], args[1:]
			}
			if !r.value(letter, value) {
				return nil, s.refuse(1, "read", s.words("%s: invalid number", "Illegal number: %s", ""), value)
			}
		}
	}
	return args, 0
}

// value takes an option with a value.
func (r *reading) value(letter byte, value string) bool {
	switch letter {
	case 'p':
		r.prompt = value
	case 'a':
		r.array = value
	case 'd':
		r.delimiter = 0
		if value != "" {
			r.delimiter = value[0]
		}
	case 'n':
		n, err := strconv.Atoi(value)
		r.count = n
		return err == nil && n >= 0
	case 't':
		f, err := strconv.ParseFloat(value, 64)
		r.timeout = max(1, time.Duration(min(f, 1e9)*float64(time.Second)))
		return err == nil && f >= 0
	}
	return true
}

// readLine reads a line without its end. escaped marks the bytes that followed a backslash.
func (s *shell) readLine(ctx context.Context, r *reading) (line string, escaped []bool, err error) {
	// A raw terminal gives characters at once and shows none.
	if terminal := command.TerminalOf(s.files.Reader(0)); terminal != nil && (r.silent || r.count > 0) {
		was := terminal.SetRaw(true)
		defer terminal.SetRaw(was)
	}
	var text []byte
	backslash := false
	for r.count == 0 || len(text) < r.count {
		c, err := readByte(ctx, s.files.Reader(0))
		if err != nil {
			return string(text), escaped, err
		}
		if c == '\r' && r.silent && command.TerminalOf(s.files.Reader(0)) != nil {
			c = '\n' // a raw terminal leaves Enter as it is
		}
		switch {
		case backslash:
			backslash = false
			if c != '\n' {
				text, escaped = append(text, c), append(escaped, true)
			}
			continue
		case c == '\\' && !r.raw:
			backslash = true
			continue
		case c == r.delimiter:
			return string(text), escaped, nil
		case c == 0:
			continue
		}
		if len(text) >= streams.MaxText {
			return string(text), escaped, words.ErrTooLong
		}
		text, escaped = append(text, c), append(escaped, false)
	}
	return string(text), escaped, nil
}

// readByte reads one byte, until ctx is done where the reader can: terminals and pipes. Others end
// by themselves.
func readByte(ctx context.Context, r io.Reader) (byte, error) {
	if r == nil {
		return 0, io.EOF
	}
	var b [1]byte
	for ctx.Err() == nil {
		var n int
		var err error
		if cr, ok := r.(command.ContextReader); ok {
			n, err = cr.ReadContext(ctx, b[:])
		} else {
			n, err = r.Read(b[:])
		}
		if n > 0 {
			return b[0], nil
		}
		if err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

// fieldsOf splits a line by $IFS into n fields, the last of which has the rest.
func (s *shell) fieldsOf(line string, escaped []bool, n int) []string {
	ifs := " \t\n"
	if value, set := s.Vars.Get("IFS"); set {
		ifs = value
	}
	separates := func(i int) bool { return !escaped[i] && strings.IndexByte(ifs, line[i]) >= 0 }
	blank := func(i int) bool { return separates(i) && strings.IndexByte(" \t\n", line[i]) >= 0 }
	fields := make([]string, n)
	i := 0
	for i < len(line) && blank(i) {
		i++
	}
	for field := range n - 1 {
		start := i
		for i < len(line) && !separates(i) {
			i++
		}
		fields[field] = line[start:i]
		for i < len(line) && blank(i) {
			i++
		}
		if i < len(line) && separates(i) {
			for i++; i < len(line) && blank(i); i++ {
			}
		}
	}
	end := len(line)
	for end > i && blank(end-1) {
		end--
	}
	// A separator that ends the last field is none of its text, if it has no other.
	if end > i && separates(end-1) && !strings.ContainsAny(line[i:end-1], ifs) {
		end--
	}
	fields[n-1] = line[i:end]
	return fields
}

// readArray is read -a.
func (s *shell) readArray(name, line string, escaped []bool) {
	if !s.assigned(name, s.Vars.Clear(name, false)) {
		return
	}
	fields := s.fieldsOf(line, escaped, strings.Count(line, " ")+strings.Count(line, "\t")+2)
	for i, field := range fields {
		if field == "" {
			break
		}
		s.Vars.AssignElement(name, strconv.Itoa(i), field)
	}
}
