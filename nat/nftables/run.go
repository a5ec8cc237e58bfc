package nftables

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"drydock/nat"
)

const version = "nftables v1.0.6 (Lester Gooch #5)"

// options are those of the command.
type options struct {
	handles   bool // -a
	stateless bool // -s
	numeric   bool // -n
	check     bool // -c
	file      string
	hasFile   bool
}

// Run runs one command line of nft, without the name of the program: Run(w, t, nil, "list",
// "ruleset"). What nft prints goes to w, which may be nil. A file of -f is read by open, nil for none. A command that fails changes
// nothing; its error is an *Error.
func Run(w io.Writer, t *nat.Nftables, open func(name string) ([]byte, error), args ...string) error {
	return RunWarning(w, nil, t, open, args...)
}

// RunWarning is Run that writes what nft warns of to warnings, which may be nil, before the output to which it belongs.
func RunWarning(w, warnings io.Writer, t *nat.Nftables, open func(name string) ([]byte, error), args ...string) error {
	o, rest, done, err := parseOptions(w, args)
	if err != nil || done {
		return err
	}
	src := &source{text: strings.Join(rest, " ")}
	switch {
	case o.hasFile:
		if open == nil {
			open = func(string) ([]byte, error) { return nil, fs.ErrNotExist }
		}
		text, err := open(o.file)
		if err != nil {
			return &Error{text: fmt.Sprintf("internal:0:0-0: Error: Could not open file \"%s\": %s\n\n\n", o.file, reason(err))}
		}
		src.name, src.text = o.file, string(text)
		if o.file == "-" {
			src.name = "/dev/stdin"
		}
	case len(rest) == 0:
		return &Error{text: "nft: no command specified\n"}
	}
	return run(w, warnings, t, src, o)
}

// reason returns the words of an error of files.
func reason(err error) string {
	var inner interface{ Unwrap() error }
	for errors.As(err, &inner) && inner.Unwrap() != nil {
		err = inner.Unwrap()
	}
	s := err.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Apply does what the text of a file of -f says, whose name is in errors.
func Apply(t *nat.Nftables, name, text string) error {
	return run(nil, nil, t, &source{name: name, text: text}, options{})
}

// ErrCheck ends an edit that is to change nothing.
var errCheck = errors.New("only checked")

func run(w, warnings io.Writer, t *nat.Nftables, src *source, o options) error {
	if len(src.text) > MaxInput {
		return &Error{text: "internal:0:0-0: Error: input too long\n\n\n"}
	}
	commands, faults := parse(src)
	x := &executor{options: o, src: src}
	if len(faults) == 0 {
		err := t.Edit(func(tx *nat.NftEdit) error { return x.run(tx, commands) })
		f := (*fault)(nil)
		switch {
		case err == nil || err == errCheck:
		case errors.As(err, &f):
			faults = []*fault{f}
		default: // the whole may not be: one by one it is known which
			x.careful = true
			x.out.Reset()
			x.warned = nil
			if err = t.Edit(func(tx *nat.NftEdit) error { return x.run(tx, commands) }); errors.As(err, &f) {
				faults = []*fault{f}
			} else if err != nil && err != errCheck {
				faults = []*fault{refused(err, span{})}
			}
		}
	}
	if len(faults) > 0 {
		e := new(Error)
		for _, f := range faults {
			e.Err = f.err
			for ; f != nil; f = f.more {
				e.text += src.describe(f)
			}
		}
		return e
	}
	return x.flush(w, warnings)
}

// MaxInput is how many bytes of input are read at most. More are refused.
const MaxInput = 16 << 20

// An executor does commands in an edit.
type executor struct {
	options
	tx      *nat.NftEdit
	src     *source
	out     bytes.Buffer
	xt      bool // what has been printed of the table has matches and targets that are not nft's
	warned  []warning
	at      span // of the command
	careful bool // chains are looked through after each
	budget  int  // tokens that variables may still stand for in elements
}

func (x *executor) run(tx *nat.NftEdit, commands []command) error {
	x.tx, x.budget = tx, maxExpanded
	for _, c := range commands {
		x.at = c.at
		if f := c.do(x); f != nil {
			return f
		}
	}
	if x.check {
		if err := tx.Validate(); err != nil {
			return err
		}
		return errCheck
	}
	return nil
}

// checked looks through the chains after a command that may have made what may not be.
func (x *executor) checked(f *fault) *fault {
	if f == nil && x.careful {
		f = refused(x.tx.Validate(), x.at)
	}
	return f
}

// flags are the options of one letter that have no value.
var flags = map[string]func(o *options){
	"a": func(o *options) { o.handles = true }, "handle": func(o *options) { o.handles = true },
	"s": func(o *options) { o.stateless = true }, "stateless": func(o *options) { o.stateless = true },
	"n": func(o *options) { o.numeric = true }, "numeric": func(o *options) { o.numeric = true },
	"y": func(*options) {}, "numeric-priority": func(*options) {},
	"c": func(o *options) { o.check = true }, "check": func(o *options) { o.check = true },
}

// parseOptions reads the options, which may stand anywhere before a word that is none.
func parseOptions(w io.Writer, args []string) (o options, rest []string, done bool, err error) {
	print := func(text string) (options, []string, bool, error) {
		if w != nil {
			_, err = io.WriteString(w, text)
		}
		return o, nil, true, err
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		long, isLong := strings.CutPrefix(a, "--")
		switch {
		case a == "-" || !strings.HasPrefix(a, "-"), a == "--":
			if a == "--" {
				i++
			}
			return o, args[i:], false, misplaced(args, i)
		case isLong:
			name, value, has := strings.Cut(long, "=")
			switch {
			case name == "version":
				return print(version + "\n")
			case name == "help":
				return print(usage)
			case flags[name] != nil:
				flags[name](&o)
			case name == "file":
				if !has {
					if i++; i == len(args) {
						return o, nil, false, &Error{text: "nft: option '--file' requires an argument\n"}
					}
					value = args[i]
				}
				o.file, o.hasFile = value, true
			default:
				return o, nil, false, &Error{text: fmt.Sprintf("nft: unrecognized option '--%s'\n", name)}
			}
			continue
		}
		for k := 1; k < len(a); k++ {
			switch letter := a[k : k+1]; {
			case letter == "v":
				return print(version + "\n")
			case letter == "h":
				return print(usage)
			case letter == "f":
				value := a[k+1:]
				if value == "" {
					if i++; i == len(args) {
						return o, nil, false, &Error{text: "nft: option requires an argument -- 'f'\n"}
					}
					value = args[i]
				}
				o.file, o.hasFile = value, true
				k = len(a)
			case flags[letter] != nil:
				flags[letter](&o)
			default:
				return o, nil, false, &Error{text: fmt.Sprintf("nft: invalid option -- '%s'\n", letter)}
			}
		}
	}
	return o, nil, false, nil
}

// misplaced returns what is wrong if an option follows the commands, which begin at a place. After -f there are none.
func misplaced(args []string, from int) error {
	line, mark := "nft ", "   ^"
	for i, a := range args {
		if i > from && strings.HasPrefix(a, "-") && a != "-" {
			text := "Error: syntax error, options must be specified before commands\n"
			text += line + strings.Join(args[i:], " ") + " \n"
			return &Error{text: text + mark + strings.Repeat(" ", len(line)-len(mark)) + strings.Repeat("~", len(a)) + "\n"}
		}
		line += a + " "
	}
	return nil
}

// usage is not that of the real one, which is a screen long.
const usage = `Usage: nft [ options ] [ cmds... ]

Options (general):
  -h, --help                      Show this help
  -v, --version                   Show version information

Options (ruleset input handling):
  -f, --file <filename>           Read input from <filename>
  -c, --check                     Check commands validity without actually applying the changes.

Options (ruleset list formatting):
  -a, --handle                    Output rule handle.
  -s, --stateless                 Omit stateful information of ruleset.
  -n, --numeric                   Print fully numerical output.
`
