package command

import (
	"slices"
	"strings"
)

// Completer returns the name under which a Table has the command that completes the arguments
// of another one at a prompt: it is run with the words typed so far, the last of which is to
// be completed, and prints what can stand there, a line for each. The name has a blank in it,
// so that it is no completion itself.
func Completer(name string) string { return name + " (completer)" }

// Names returns the names of the commands, in order.
func (t Table) Names() []string {
	var names []string
	for name := range t {
		if !strings.Contains(name, " ") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
