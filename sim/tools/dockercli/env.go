package dockercli

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// addEnv adds -e. Of NAME alone docker passes on its own variable.
func (d *docker) addEnv(f *pflag.FlagSet) *[]string {
	return multi(f, "env", "e", "Set environment variables", func(s string) (string, error) {
		name, _, hasValue := strings.Cut(s, "=")
		if name == "" {
			return "", dockerError("invalid environment variable: " + s)
		}
		if own, ok := d.getenv(name); ok && !hasValue {
			return name + "=" + own, nil
		}
		return s, nil
	})
}

// readEnv returns the variables of files, and after them, so that they win, those of -e. A
// NAME alone in a file is docker's own variable, if there is one. A NAME of -e that docker
// has not it sends: dockerd takes that from the image's variables.
func (d *docker) readEnv(files, env []string) ([]string, error) {
	return d.readPairs(files, env, d.getenv)
}

// onceEach returns each variable once, with its last value.
func onceEach(env []string) (list []string) {
	at := make(map[string]int)
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if i, ok := at[name]; ok {
			list[i] = v
			continue
		}
		at[name] = len(list)
		list = append(list, v)
	}
	return list
}

// readLabels is readEnv for labels, which a file gives no value otherwise than by "=".
func (d *docker) readLabels(files, labels []string) (map[string]string, error) {
	pairs, err := d.readPairs(files, labels, func(string) (string, bool) { return "", false })
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, len(pairs))
	for _, p := range pairs {
		key, v, _ := strings.Cut(p, "=")
		all[key] = v
	}
	return all, nil
}

// readPairs returns what files have, in the order of the files, and then more. preset has the
// values of names that a file gives none.
func (d *docker) readPairs(files, more []string, preset func(name string) (string, bool)) (all []string, err error) {
	for _, name := range files {
		text, err := d.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("open %s: %s", name, lowerFirst(command.Reason(err)))
		}
		lines, err := parsePairs(name, text, preset)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return append(all, more...), nil
}

// maxFileLine is the longest line that docker reads of a file.
const maxFileLine = bufio.MaxScanTokenSize

// parsePairs parses lines of NAME=VALUE. Lines that begin with # are comments.
func parsePairs(name string, text []byte, preset func(name string) (string, bool)) (all []string, err error) {
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		number++
		line := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		switch {
		case len(line) >= maxFileLine:
			return nil, bufio.ErrTooLong
		case !utf8.Valid(line):
			return nil, fmt.Errorf("env file %s contains invalid utf8 bytes at line %d: %v", name, number, line)
		}
		s := strings.TrimLeftFunc(string(line), unicode.IsSpace)
		if s == "" || s[0] == '#' {
			continue
		}
		key, v, hasValue := strings.Cut(s, "=")
		switch {
		case strings.ContainsAny(key, " \t"):
			return nil, fmt.Errorf("poorly formatted environment: variable '%s' contains whitespaces", key)
		case key == "":
			return nil, fmt.Errorf("poorly formatted environment: no variable name on line '%s'", s)
		}
		if !hasValue {
			if v, hasValue = preset(key); !hasValue {
				continue
			}
		}
		all = append(all, key+"="+v)
	}
	return all, nil
}

// lowerFirst returns strerror(3)'s words as Go has them.
func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
