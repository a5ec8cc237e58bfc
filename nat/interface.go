package nat

import (
	"fmt"
	"strings"
)

// An Interface matches the name of an interface, or with a final "+" all names
// that begin so. The zero Interface matches every packet. A name need not be that of an
// interface that exists. Names have up to 15 bytes, the "+" included.
type Interface struct {
	Name string
	Not  bool
}

// maxInterface is IFNAMSIZ without its closing 0.
const maxInterface = 15

// check turns "+", which is every interface, into the zero Interface.
func (i *Interface) check() error {
	switch {
	case i.Name == "" && i.Not, len(i.Name) > maxInterface:
		return ErrInterface
	case i.Name == "+" && !i.Not:
		*i = Interface{}
	}
	return nil
}

// checkAt is check for an interface that packets do not have at some hooks.
func (i *Interface) checkAt(h hook, without hookSet) error {
	named := i.Name != ""
	if err := i.check(); err != nil {
		return err
	}
	if named && without.has(h) {
		return fmt.Errorf("%w: packets in %s have none", ErrInterface, hookNames[h])
	}
	return nil
}

// prefix returns what names begin with that i matches, if it matches more than one.
func (i Interface) prefix() (string, bool) { return strings.CutSuffix(i.Name, "+") }

// match reports whether i, which is not the zero Interface, matches a name.
func (i Interface) match(name string) bool {
	if begin, ok := i.prefix(); ok {
		return strings.HasPrefix(name, begin) != i.Not
	}
	return (name == i.Name) != i.Not
}

// String returns the interface as rules have it, "! docker0", and "*" for the zero
// Interface.
func (i Interface) String() string {
	if i.Name == "" {
		return "*"
	}
	return notOption(i.Not) + i.Name
}
