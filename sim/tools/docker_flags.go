package tools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A dockerFlag is a flag that docker's commands may have.
type dockerFlag struct {
	short   byte // 0: none
	long    string
	boolean bool // needs no value
	set     func(value string) error
}

// String returns the flag as messages name it.
func (f *dockerFlag) String() string {
	if f.short == 0 {
		return "--" + f.long
	}
	return fmt.Sprintf("-%c, --%s", f.short, f.long)
}

// assign sets the flag and returns what is wrong with the value.
func (f *dockerFlag) assign(value string) (problem string) {
	if err := f.set(value); err != nil {
		return fmt.Sprintf("invalid argument %q for %q flag: %v", value, f, err)
	}
	return ""
}

// dockerFlags are the flags of a command.
type dockerFlags struct{ list []*dockerFlag }

func (f *dockerFlags) add(short byte, long string, set func(value string) error) {
	f.list = append(f.list, &dockerFlag{short: short, long: long, set: set})
}

func (f *dockerFlags) addBool(short byte, long string, p *bool) {
	f.list = append(f.list, &dockerFlag{short, long, true, func(value string) (err error) {
		*p, err = strconv.ParseBool(value)
		return err
	}})
}

func (f *dockerFlags) addString(short byte, long string, p *string) {
	f.add(short, long, func(value string) error {
		*p = value
		return nil
	})
}

func (f *dockerFlags) addInt(short byte, long string, p *int) {
	f.add(short, long, func(value string) error {
		n, err := strconv.ParseInt(value, 0, strconv.IntSize)
		*p = int(n)
		return err
	})
}

// find returns the flag that is so, or nil.
func (f *dockerFlags) find(is func(flag *dockerFlag) bool) *dockerFlag {
	if i := slices.IndexFunc(f.list, is); i >= 0 {
		return f.list[i]
	}
	return nil
}

// parse sets the flags of args and returns the other arguments or, with Docker's words,
// what is wrong. Flags may follow arguments up to "--".
func (f *dockerFlags) parse(args []string) (rest []string, problem string) {
	for len(args) > 0 && problem == "" {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), ""
		case strings.HasPrefix(arg, "--"):
			args, problem = f.parseLong(arg[2:], args)
		case len(arg) > 1 && arg[0] == '-':
			args, problem = f.parseShort(arg[1:], args)
		default:
			rest = append(rest, arg)
		}
	}
	return rest, problem
}

// parseLong sets the flag of arg, what follows "--". A value that is not there is the
// first of args; what it leaves of them is returned.
func (f *dockerFlags) parseLong(arg string, args []string) (rest []string, problem string) {
	name, value, hasValue := strings.Cut(arg, "=")
	if name == "" || name[0] == '-' {
		return nil, "bad flag syntax: --" + arg
	}
	flag := f.find(func(flag *dockerFlag) bool { return flag.long == name })
	switch {
	case flag == nil:
		return nil, "unknown flag: --" + name
	case hasValue:
	case flag.boolean:
		value = "true"
	case len(args) == 0:
		return nil, "flag needs an argument: --" + name
	default:
		value, args = args[0], args[1:]
	}
	return args, flag.assign(value)
}

// parseShort is parseLong of letters, what follows "-". All but the last are without a
// value.
func (f *dockerFlags) parseShort(letters string, args []string) (rest []string, problem string) {
	for letters != "" && problem == "" {
		flag := f.find(func(flag *dockerFlag) bool { return flag.short != 0 && flag.short == letters[0] })
		value, hasValue := strings.CutPrefix(letters[1:], "=")
		switch {
		case flag == nil:
			return nil, fmt.Sprintf("unknown shorthand flag: %q in -%s", letters[0], letters)
		case hasValue && value != "":
			letters = ""
		case flag.boolean:
			value, letters = "true", letters[1:]
		case len(letters) > 1:
			value, letters = letters[1:], ""
		case len(args) == 0:
			return nil, fmt.Sprintf("flag needs an argument: %q in -%s", letters[0], letters)
		default:
			value, letters, args = args[0], "", args[1:]
		}
		problem = flag.assign(value)
	}
	return args, problem
}
