package command

import "strings"

// An Option is one that a command of C knows.
type Option struct {
	Names string // short ones by their letter, long ones in full: "p proto protonum"
	Value bool   // it takes a value
	// Set is called for each use of the option, in their order; an error ends Getopt.
	// name is how the user wrote it: "-p", "--proto".
	Set func(name, value string) error
}

// An OptionError is a command line that getopt refuses.
type OptionError struct {
	Arg     string // what the user wrote: "-x", "--dport"
	Problem string // with glibc's words, for example "invalid option -- 'x'"
	Missing bool   // the option is known and lacks a value
}

func (e *OptionError) Error() string { return e.Problem }

// Getopt calls Set for each option of args, which has no command name in it, and
// returns the other arguments. The rules are those of getopt_long(3) in glibc: options
// may follow arguments up to "--", short ones may be written together and have their
// value joined or after them, long ones may be cut short as long as only one begins so,
// and have their value after "=" or after them. The error is an *OptionError or that of
// Set.
//
// github.com/pborman/getopt/v2 and pflag do neither permute nor cut as glibc does, and
// have other words.
func Getopt(args []string, options []Option) (rest []string, err error) {
	for len(args) > 0 && err == nil {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), nil
		case strings.HasPrefix(arg, "--"):
			args, err = parseLong(arg, args, options)
		case len(arg) > 1 && arg[0] == '-':
			args, err = parseShort(arg[1:], args, options)
		default:
			rest = append(rest, arg)
		}
	}
	return rest, err
}

// parseLong sets the option of arg. A value that is not in it is the first of args;
// what is left of those is returned.
func parseLong(arg string, args []string, options []Option) (rest []string, err error) {
	given, value, joined := strings.Cut(arg, "=")
	o, problem := findLong(given[2:], options)
	switch {
	case problem != "":
		return nil, &OptionError{Arg: given, Problem: problem}
	case joined && !o.Value:
		return nil, &OptionError{Arg: given, Problem: "option '" + given + "' doesn't allow an argument"}
	case joined || !o.Value:
	case len(args) == 0:
		return nil, &OptionError{Arg: given, Problem: "option '" + given + "' requires an argument", Missing: true}
	default:
		value, args = args[0], args[1:]
	}
	return args, o.Set(given, value)
}

// findLong returns the option with that name, or the only one with a name that begins
// so.
func findLong(name string, options []Option) (found *Option, problem string) {
	for i := range options {
		for n := range strings.FieldsSeq(options[i].Names) {
			switch {
			case len(n) < 2 || !strings.HasPrefix(n, name):
			case n == name:
				return &options[i], ""
			case found != nil && found != &options[i]:
				problem = "option '--" + name + "' is ambiguous"
			default:
				found = &options[i]
			}
		}
	}
	if found == nil {
		problem = "unrecognized option '--" + name + "'"
	}
	return found, problem
}

// parseShort is parseLong of letters that follow one "-".
func parseShort(letters string, args []string, options []Option) (rest []string, err error) {
	for letters != "" {
		letter := letters[:1]
		letters = letters[1:]
		o := findShort(letter, options)
		if o == nil {
			return nil, &OptionError{Arg: "-" + letter, Problem: "invalid option -- '" + letter + "'"}
		}
		var value string
		switch {
		case !o.Value:
		case letters != "":
			value, letters = letters, ""
		case len(args) > 0:
			value, args = args[0], args[1:]
		default:
			return nil, &OptionError{Arg: "-" + letter, Problem: "option requires an argument -- '" + letter + "'", Missing: true}
		}
		if err := o.Set("-"+letter, value); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func findShort(letter string, options []Option) *Option {
	for i := range options {
		for n := range strings.FieldsSeq(options[i].Names) {
			if n == letter {
				return &options[i]
			}
		}
	}
	return nil
}
