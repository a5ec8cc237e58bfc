// Package users finds who a program is to run as in /etc/passwd and /etc/group, by the rules
// and in the words of the library that Docker and runc use for "docker run --user".
package users

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	"drydock/sim/tools/command"
)

// An Account is a user of a machine.
type Account struct {
	command.User
	Name string // empty if /etc/passwd has none for the number
	Home string // "/" if /etc/passwd does not say one
}

// maxID is the last number of users and groups: they are 31 bits to Docker.
const maxID = math.MaxInt32

var errRange = fmt.Errorf("uids and gids must be in range 0-%d", maxID)

// Find returns the account for "user", "user:group" or ":group", names or numbers, given the
// texts of /etc/passwd and /etc/group. Without a user it is root. Numbers need not be in the
// files; who is in no group there has group 0. Further groups are those that list the user,
// unless a group is given.
func Find(spec, passwd, group string) (Account, error) {
	name, rest, _ := strings.Cut(spec, ":")
	groupName, _, _ := strings.Cut(rest, ":")
	a, listed, err := findUser(name, passwd)
	if err != nil {
		return Account{}, err
	}
	if groupName != "" {
		a.GID, err = findGroup(groupName, group)
	} else if listed != "" {
		a.Groups = groupsOf(listed, group)
	}
	if err != nil {
		return Account{}, err
	}
	// runc looks the number up again: of several users that share it the first is told.
	a.Home = "/"
	if r := first(passwd, func(r record) bool { return r.number(2) == a.UID }); r != nil {
		a.Name, a.Home = r.field(0), r.field(5)
	}
	return a, nil
}

// findUser returns a user with its group, and the name by which groups list it, which a user
// that is in no file has not.
func findUser(name, passwd string) (a Account, listed string, err error) {
	uid, notNumber := strconv.Atoi(name)
	isRoot := name == ""
	r := first(passwd, func(r record) bool {
		if isRoot || notNumber == nil {
			return r.number(2) == uid
		}
		return r.field(0) == name
	})
	switch {
	case r != nil:
		a.UID, a.GID = r.number(2), r.number(3)
		return a, r.field(0), nil
	case isRoot:
		return a, "", nil
	case notNumber != nil:
		return a, "", fmt.Errorf("unable to find user %s: no matching entries in passwd file", name)
	case uid < 0 || uid > maxID:
		return a, "", errRange
	}
	a.UID = uid
	return a, "", nil
}

// findGroup returns the number of a group.
func findGroup(name, group string) (int, error) {
	gid, notNumber := strconv.Atoi(name)
	r := first(group, func(r record) bool {
		if notNumber == nil {
			return r.number(2) == gid
		}
		return r.field(0) == name
	})
	switch {
	case r != nil:
		return r.number(2), nil
	case notNumber != nil:
		return 0, fmt.Errorf("unable to find group %s: no matching entries in group file", name)
	case gid < 0 || gid > maxID:
		return 0, errRange
	}
	return gid, nil
}

// groupsOf returns the groups that list a user.
func groupsOf(name, group string) (list []int) {
	for r := range records(group) {
		for member := range strings.SplitSeq(r.field(3), ",") {
			if member == name {
				list = append(list, r.number(2))
			}
		}
	}
	return list
}

// NameOf returns the name of a user's number, and that number if it has none. Without a file
// 0 is root all the same.
func NameOf(uid int, passwd string) string {
	if r := first(passwd, func(r record) bool { return r.number(2) == uid }); r != nil {
		return r.field(0)
	}
	if uid == 0 && passwd == "" {
		return "root"
	}
	return strconv.Itoa(uid)
}

// A record is a line of one of the files.
type record []string

// field returns a field, an empty one where the line is too short.
func (r record) field(i int) string {
	if i < len(r) {
		return r[i]
	}
	return ""
}

// number returns a field that is a number. What is none is 0, as it is to Docker.
func (r record) number(i int) int {
	n, _ := strconv.Atoi(r.field(i))
	return n
}

func records(text string) iter.Seq[record] {
	return func(yield func(record) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !yield(strings.Split(line, ":")) {
				return
			}
		}
	}
}

// first returns the first record that is wanted, nil if there is none.
func first(text string, wanted func(record) bool) record {
	for r := range records(text) {
		if wanted(r) {
			return r
		}
	}
	return nil
}
