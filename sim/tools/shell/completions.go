package shell

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/streams"
)

// completions returns where the last word of a line begins, and what it could be: a command
// first, a variable after $, then what the command's completer says, or names of files.
func (s *shell) completions(line string) (start int, words []string) {
	start = strings.LastIndexAny(line, " \t\n|&;(<>=`") + 1
	word := line[start:]
	before := strings.TrimRight(line[:start], " \t")
	switch {
	case strings.HasPrefix(word, "$"):
		for _, name := range s.Vars.Names() {
			words = append(words, "$"+name)
		}
		return start, words
	case before == "" || strings.ContainsRune("|&;(`", rune(before[len(before)-1])):
		if !strings.Contains(word, "/") {
			return start, s.commandNamesAll()
		}
	default:
		if words, ok := s.completed(line); ok {
			return start, words
		}
	}
	return start, s.fileNames(word)
}

// commandNamesAll returns all that can stand first in a line.
func (s *shell) commandNamesAll() []string {
	names := s.call.Commands.Names()
	for name := range s.builtins {
		names = append(names, name)
	}
	return slices.Concat(names, slices.Collect(maps.Keys(s.funcs)), slices.Collect(maps.Keys(s.aliases)))
}

// completed asks the completer of the command that stands first in the line.
func (s *shell) completed(line string) (words []string, ok bool) {
	line = line[strings.LastIndexAny(line, "|&;(`\n")+1:]
	args := strings.Fields(line)
	if len(args) == 0 {
		return nil, false
	}
	name := command.Completer(args[0])
	run, ok := s.call.Commands[name]
	if !ok {
		return nil, false
	}
	if strings.HasSuffix(line, " ") || strings.HasSuffix(line, "\t") {
		args = append(args, "")
	}
	out := streams.NewLimited()
	child := s.child(args, s.Vars.Environ())
	child.Stdin, child.Stdout, child.Stderr = nil, out, nil
	ctx, cancel := context.WithTimeout(s.ctx, maxCompletion)
	defer cancel()
	commands := s.call.Commands
	command.Table{args[0]: func(ctx context.Context, c *command.Call) int {
		c.Commands = commands
		return run(ctx, c)
	}}.Run(ctx, child)
	text, _ := out.Result()
	return strings.Fields(text), true
}

// maxCompletion is how long a completer may take: who presses Tab waits.
const maxCompletion = 2 * time.Second

// fileNames returns the files that a word could be, directories with a slash.
func (s *shell) fileNames(word string) []string {
	dir, at := "", s.Dir
	if i := strings.LastIndexByte(word, '/'); i >= 0 {
		dir = word[:i+1]
		at = dir
	}
	if home, ok := s.Vars.Get("HOME"); ok && strings.HasPrefix(at, "~/") {
		at = home + at[1:]
	}
	call := *s.call
	call.Dir = s.Dir
	entries, err := s.readDir("/" + strings.TrimPrefix(call.Path(at), "."))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		name := dir + e.Name()
		if strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(word[len(dir):], ".") {
			continue
		}
		if e.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	return names
}
