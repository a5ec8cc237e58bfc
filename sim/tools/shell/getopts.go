package shell

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// getopts is the builtin. OPTIND says which argument is next; where in it the next letter is
// the shell knows.
func getopts(s *shell, _ context.Context, args []string) int {
	if len(args) < 3 {
		if s.bash {
			fmt.Fprintln(s.files.Writer(2), "getopts: usage: getopts optstring name [arg ...]")
			return 2
		}
		return s.refuse(2, "getopts", "Usage: getopts optstring var [arg...]")
	}
	letters, name, list := args[1], args[2], args[3:]
	if len(list) == 0 {
		list = s.Params
	}
	index := 1
	if text, set := s.Vars.Get("OPTIND"); set {
		index, _ = strconv.Atoi(text)
		index = max(1, index)
	}
	if s.getopts[0] != index {
		s.getopts[1] = 0
	}
	silent := strings.HasPrefix(letters, ":")
	letters = strings.TrimPrefix(letters, ":")
	option, value, status := "?", "", 0
	switch {
	case s.getopts[1] == 0 && (index > len(list) || len(list[index-1]) < 2 || list[index-1][0] != '-'):
		status = 1
	case s.getopts[1] == 0 && list[index-1] == "--":
		index, status = index+1, 1
	default:
		option, value, index = s.nextOption(letters, list, index, silent)
	}
	s.getopts[0] = index
	s.assign("OPTIND", strconv.Itoa(index))
	if value != "" || status == 0 && strings.Contains(letters, option+":") {
		s.assign("OPTARG", value)
	} else {
		s.Vars.Unset("OPTARG")
	}
	if !s.assign(name, option) {
		return s.status
	}
	return status
}

// nextOption takes a letter of the argument, and its value.
func (s *shell) nextOption(letters string, list []string, index int, silent bool) (option, value string, next int) {
	if index > len(list) || s.getopts[1]+1 >= len(list[index-1]) {
		s.getopts[1] = 0 // OPTIND was changed by hand
		if index > len(list) || len(list[index-1]) < 2 {
			return "?", "", index
		}
	}
	arg := list[index-1]
	s.getopts[1]++
	option = arg[s.getopts[1] : s.getopts[1]+1]
	rest := arg[s.getopts[1]+1:]
	at := strings.Index(letters, option)
	takes := at >= 0 && strings.HasPrefix(letters[at+1:], ":")
	switch {
	case at < 0 || option == ":":
		value = ""
		if silent {
			value = option
		} else {
			s.optionFault(s.words("illegal option -- "+option, "Illegal option -"+option, ""))
		}
		option = "?"
	case takes && rest != "":
		value, rest = rest, ""
	case takes && index < len(list):
		value = list[index]
		index++
	case takes:
		missing := option
		if option = "?"; silent {
			option, value = ":", missing
		} else {
			s.optionFault(s.words("option requires an argument -- "+missing, "No arg for -"+missing+" option", ""))
		}
	}
	if rest == "" || takes {
		s.getopts[1] = 0
		index++
	}
	return option, value, index
}

// optionFault is what getopts prints by itself.
func (s *shell) optionFault(text string) {
	if s.bash {
		fmt.Fprintf(s.files.Writer(2), "%s: %s\n", s.name, text)
	} else {
		fmt.Fprintf(s.files.Writer(2), "%s\n", text)
	}
}
