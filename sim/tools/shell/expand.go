package shell

import (
	"io/fs"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/syntax"
)

// special returns the parameters that are no variables.
func (s *shell) special(name string) (string, bool) {
	switch name {
	case "?":
		return strconv.Itoa(s.status), true
	case "#":
		return strconv.Itoa(len(s.Params)), true
	case "$":
		return strconv.Itoa(s.pid), true
	case "!":
		if s.background == 0 {
			return "", true
		}
		return strconv.Itoa(s.background), true
	case "-":
		return s.letters(), true
	case "0":
		return s.name, true
	case "LINENO":
		return strconv.Itoa(int(s.line + s.lines)), true
	case "PPID":
		return strconv.Itoa(s.call.Process().Parent), true
	}
	if !s.bash && !s.busybox {
		return "", false
	}
	return s.bashSpecial(name)
}

// letters is $-.
func (s *shell) letters() string {
	more := ""
	if s.bash {
		more = "hB"
	}
	if s.interactive {
		more += "im"
	}
	switch {
	case s.source == fromLine && (s.bash || s.busybox):
		more += "c"
	case s.source == fromStdin, s.source == fromTerminal:
		more += "s"
	}
	return s.options.Letters(more)
}

func (s *shell) bashSpecial(name string) (string, bool) {
	switch name {
	case "RANDOM":
		if s.random == nil {
			s.random = s.call.Process().Rand()
		}
		return strconv.Itoa(s.random.IntN(1 << 15)), true
	case "SECONDS":
		return strconv.Itoa(int(time.Since(s.call.Process().Started) / time.Second)), s.bash
	case "EPOCHSECONDS":
		return strconv.FormatInt(time.Now().Unix(), 10), s.bash
	case "UID", "EUID":
		return strconv.Itoa(s.call.User.UID), s.bash
	case "BASHPID":
		return strconv.Itoa(s.call.Process().PID), s.bash
	case "HOSTNAME":
		if _, set := s.Vars.Get(name); !set {
			return s.call.Machine.Hostname(), true
		}
	}
	return "", false
}

// home returns the home directory of a user by /etc/passwd. root has one without.
func (s *shell) home(user string) (string, bool) {
	text, _ := fs.ReadFile(s.call.Files, "etc/passwd")
	for line := range strings.Lines(string(text)) {
		if fields := strings.Split(strings.TrimSpace(line), ":"); len(fields) >= 7 && fields[0] == user {
			return fields[5], true
		}
	}
	return "/root", user == "root"
}

// readDir lists a directory for patterns. Its names are absolute, those of package fs are not.
func (s *shell) readDir(dir string) ([]fs.DirEntry, error) {
	name := strings.TrimPrefix(dir, "/")
	if name == "" {
		name = "."
	}
	return fs.ReadDir(s.call.Files, name)
}

// assign gives a variable a value. It is false if that ended the shell: a read-only variable is a
// fault of the script, in bash too if the assignment is not that of a command.
func (s *shell) assign(name, value string) bool {
	if s.bash {
		if v, _ := s.Vars.Lookup(name); v.Integer {
			return s.assignInteger(name, value)
		}
	}
	return s.assigned(name, s.Vars.Assign(name, value))
}

// assigned reports what an assignment failed with.
func (s *shell) assigned(name string, err error) bool {
	if err != nil {
		status := 1
		if !s.bash {
			status = 2
		}
		s.fail(status, "%v", s.Refused(name, err))
		return false
	}
	if s.options.Allexport {
		s.Vars.Export(name)
	}
	return true
}

// assignInteger is assign for declare -i.
func (s *shell) assignInteger(name, value string) bool {
	x, err := syntax.NewParser().Arithmetic(strings.NewReader(value))
	var n int64
	if err == nil {
		n, err = s.Arithmetic(x)
	}
	if err != nil {
		s.fail(1, "%v", err)
		return false
	}
	return s.assigned(name, s.Vars.Assign(name, strconv.FormatInt(n, 10)))
}

// assignment makes an assignment that stands alone.
func (s *shell) assignment(a *syntax.Assign) bool {
	name := a.Name.Value
	if a.Array != nil {
		return s.assignArray(name, a)
	}
	value, err := s.Word(a.Value)
	if err != nil {
		s.expansion(err)
		return false
	}
	if s.options.Xtrace {
		s.trace([]string{name + "=" + value}, nil)
	}
	if a.Index == nil {
		if a.Append {
			before, _ := s.Vars.Get(name)
			if v, _ := s.Vars.Lookup(name); v.Integer {
				value = before + "+" + value
			} else {
				value = before + value
			}
		}
		return s.assign(name, value)
	}
	key, err := s.Key(name, a.Index)
	if err != nil {
		s.expansion(err)
		return false
	}
	if v, _ := s.Vars.Lookup(name); a.Append {
		value = v.Elements[key] + value
	}
	return s.assigned(name, s.Vars.AssignElement(name, key, value))
}

// assignArray is NAME=(WORD…) and NAME+=(WORD…).
func (s *shell) assignArray(name string, a *syntax.Assign) bool {
	v, _ := s.Vars.Lookup(name)
	next := 0
	switch keys := v.Keys(); {
	case !a.Append:
		if !s.assigned(name, s.Vars.Clear(name, v.Assoc)) {
			return false
		}
	case v.Elements == nil && v.Set:
		next = 1
	case len(keys) > 0 && !v.Assoc:
		last, _ := strconv.Atoi(keys[len(keys)-1])
		next = last + 1
	}
	for _, element := range a.Array.Elems {
		var values []string
		var err error
		if element.Index != nil {
			var key, value string
			if key, err = s.Key(name, element.Index); err == nil {
				value, err = s.Word(element.Value)
			}
			if err == nil && !s.assigned(name, s.Vars.AssignElement(name, key, value)) {
				return false
			}
			n, _ := strconv.Atoi(key)
			next = n + 1
		} else {
			values, err = s.Fields(element.Value)
		}
		if err != nil {
			s.expansion(err)
			return false
		}
		for _, value := range values {
			if !s.assigned(name, s.Vars.AssignElement(name, strconv.Itoa(next), value)) {
				return false
			}
			next++
		}
	}
	return true
}
