package tools

import "strings"

// getopt calls set for each option of args and returns the other arguments, as
// getopt_long(3) of glibc does: options may follow arguments up to "--", and be
// written together. In known a letter with a colon takes a value. An option that
// is not known, or lacks its value, ends it with what getopt prints.
func getopt(args []string, known string, set func(option byte, value string) error) (rest []string, complaint string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(rest, args...), "", nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		for letters := arg[1:]; letters != ""; {
			option := letters[0]
			letters = letters[1:]
			at := strings.IndexByte(known, option)
			if at < 0 || option == ':' {
				return nil, "invalid option -- '" + string(rune(option)) + "'", nil
			}
			var value string
			if at+1 < len(known) && known[at+1] == ':' {
				switch {
				case letters != "":
					value, letters = letters, ""
				case len(args) > 0:
					value, args = args[0], args[1:]
				default:
					return nil, "option requires an argument -- '" + string(rune(option)) + "'", nil
				}
			}
			if err := set(option, value); err != nil {
				return nil, "", err
			}
		}
	}
	return rest, "", nil
}
