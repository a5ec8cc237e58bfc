package ipset

import "errors"

// Why a change was refused. The texts are those that ipset 7.17 has for them.
var (
	ErrNoSet      = errors.New("The set with the given name does not exist")
	ErrSetExists  = errors.New("Set cannot be created: set with the same name already exists")
	ErrMaxSets    = errors.New("Kernel error received: maximal number of sets reached, cannot create more.")
	ErrDestroy    = errors.New("Set cannot be destroyed: it is in use by a kernel component")
	ErrRename     = errors.New("Set cannot be renamed: it is in use by another system")
	ErrNewName    = errors.New("Set cannot be renamed: a set with the new name already exists")
	ErrSwapNone   = errors.New("Sets cannot be swapped: the second set does not exist")
	ErrSwapType   = errors.New("The sets cannot be swapped: their type does not match")
	ErrNoTimeout  = errors.New("Timeout cannot be used: set was created without timeout support")
	ErrNoCounters = errors.New("Packet/byte counters cannot be used: set was created without counter support")
	ErrNoComment  = errors.New("Comment cannot be used: set was created without comment support")
	ErrAdded      = errors.New("Element cannot be added to the set: it's already added")
	ErrNotAdded   = errors.New("Element cannot be deleted from the set: it's not added")
	ErrRange      = errors.New("Element is out of the range of the set")
	ErrFull       = errors.New("Hash is full, cannot add more elements")
	ErrNull       = errors.New("The value of the CIDR parameter of the IP address is invalid")
	ErrListFull   = errors.New("The set is full, more elements cannot be added.")
	ErrLoop       = errors.New("Sets with list:set type cannot be added to the set.")
	ErrNoMember   = errors.New("Set to be added/deleted/tested as element does not exist.")
	ErrNoRef      = errors.New("The set to which you referred with 'before' or 'after' is not added to the set.")
	ErrFamily     = errors.New("Protocol family not supported by the set type")
	ErrValue      = errors.New("Kernel error received: Invalid argument")
)
