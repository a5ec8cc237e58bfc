// Package packages has the managers of packages that tutorials type to get programs:
//
//	apt-get, apt [-yq] update | upgrade | install PACKAGE... | clean    Debian, Ubuntu
//	apk [--no-cache] update | add PACKAGE...                            Alpine
//	yum, dnf [-y] install PACKAGE... | update | makecache | clean all   CentOS
//
// A package is known if its programs are there: in the table of the image, and then it is
// installed, or among those that the manager was given, and then installing it writes a file for
// each into /usr/bin, by which the program is found from then on. As everything that is written
// it belongs to one container. Other packages are not known, in the manager's words.
//
// Nothing is fetched: a repository is an emulated one, which a machine reaches that has a default
// route. As in images of Debian, packages are found after "apt-get update".
package packages

import (
	"context"
	"os"
	"path"
	"strings"

	"drydock/sim/tools/command"
)

// A manager is one of a distribution.
type manager struct {
	catalog   map[string]pack
	available command.Table // programs that can be installed
}

// A pack is a package: its version, and the programs for which it is installed.
type pack struct {
	version  string
	programs string
}

// unpacked is the interpreter of the files that stand for programs which were installed. Its
// name has no file, and is not one of those that are searched.
const unpacked = "/usr/lib/packages/unpacked"

// commands returns a manager's programs, and those that it can install.
func (m *manager) commands(run command.Func, names ...string) command.Table {
	t := command.Table{unpacked: m.run}
	for _, name := range names {
		t[name] = run
	}
	return t
}

// run runs a program that was installed: unpacked NAME FILE ARG...
func (m *manager) run(ctx context.Context, c *command.Call) int {
	if len(c.Args) < 3 {
		return command.NotFound
	}
	program, ok := m.available[path.Base(c.Args[1])]
	if !ok {
		return c.Fail(command.NotFound, "%s: not found\n", c.Args[1])
	}
	call := *c
	call.Args = append([]string{c.Args[1]}, c.Args[3:]...)
	call.Commands = c.Commands.With(command.Table{c.Args[1]: program})
	return call.Exec(ctx)
}

// A state is that of a package.
type state int

const (
	unknown state = iota
	absent
	installed
)

// find returns a package and whether it is installed.
func (m *manager) find(c *command.Call, name string) (pack, state) {
	p, ok := m.catalog[name]
	if !ok {
		return pack{}, unknown
	}
	s := installed
	for program := range strings.FieldsSeq(p.programs) {
		if _, err := c.Commands.Lookup(c.Files, c.Dir, program); err == nil {
			continue
		}
		if s = absent; m.available[program] == nil {
			return p, unknown
		}
	}
	return p, s
}

// install writes the files of a package's programs that are not there.
func (m *manager) install(c *command.Call, p pack) error {
	for program := range strings.FieldsSeq(p.programs) {
		if _, err := c.Commands.Lookup(c.Files, c.Dir, program); err == nil {
			continue
		}
		if err := write(c, "/usr/bin/"+program, "#!"+unpacked+" "+program+"\n", 0o755); err != nil {
			return err
		}
	}
	return nil
}

// write writes a file, and makes the directories that it is in.
func write(c *command.Call, name, text string, perm os.FileMode) error {
	dir := ""
	for part := range strings.SplitSeq(strings.Trim(path.Dir(name), "/"), "/") {
		dir += "/" + part
		c.Files.Mkdir(c.Path(dir), 0o755) // which may be there
	}
	f, err := c.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write([]byte(text))
	return err
}

// online tells whether there is a default route, by which repositories are reached.
func online(c *command.Call) bool {
	routes, _ := c.ReadFile("/proc/net/route")
	for line := range strings.Lines(string(routes)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == "00000000" {
			return true
		}
	}
	return false
}
