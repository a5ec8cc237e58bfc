package coreutils

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// printIDs prints numbers, or names where there are some.
func printIDs(c *command.Call, kind string, names map[int]string, asked bool, ids ...int) (status int) {
	var list []string
	for _, id := range ids {
		text, ok := names[id]
		if !asked || !ok {
			text = strconv.Itoa(id)
		}
		if asked && !ok {
			status = c.Fail(1, "id: cannot find name for %s ID %d\n", kind, id)
		}
		list = append(list, text)
	}
	c.Printf("%s\n", strings.Join(list, " "))
	return status
}

// withName is "0(root)", or the number alone where there is no name.
func withName(names map[int]string, id int) string {
	if name, ok := names[id]; ok {
		return fmt.Sprintf("%d(%s)", id, name)
	}
	return strconv.Itoa(id)
}

// accounts are the names of /etc/passwd and /etc/group. Of several names of a number the first
// counts.
type accounts struct {
	users, groups     map[int]string
	passwd, groupFile [][]string
}

func newAccounts(c *command.Call) *accounts {
	a := &accounts{users: make(map[int]string), groups: make(map[int]string)}
	a.passwd, a.groupFile = readAccounts(c, "/etc/passwd", a.users), readAccounts(c, "/etc/group", a.groups)
	return a
}

// readAccounts returns the fields of a file's lines, and notes names by number.
func readAccounts(c *command.Call, file string, names map[int]string) (list [][]string) {
	text, err := c.ReadFile(file)
	if err != nil {
		names[0] = "root"
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 4 {
			continue
		}
		list = append(list, f)
		if id, err := strconv.Atoi(f[2]); err == nil && names[id] == "" {
			names[id] = f[0]
		}
	}
	return list
}

// find returns the user with a name or a number.
func (a *accounts) find(name string) (u command.User, ok bool) {
	for _, f := range a.passwd {
		if f[0] != name && f[2] != name {
			continue
		}
		u.UID, _ = strconv.Atoi(f[2])
		u.GID, _ = strconv.Atoi(f[3])
		for _, g := range a.groupFile {
			if id, err := strconv.Atoi(g[2]); err == nil && slices.Contains(strings.Split(g[3], ","), f[0]) {
				u.Groups = append(u.Groups, id)
			}
		}
		return u, true
	}
	return u, name == "root" || name == "0"
}
