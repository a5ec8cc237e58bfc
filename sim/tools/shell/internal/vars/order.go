package vars

import (
	"cmp"
	"slices"
)

// An Order is where a shell has a variable in its hash table, which it goes through from the
// first bucket to the last to make an environment.
type Order struct {
	Bucket      func(name string) int
	NewestFirst bool // in a bucket
}

// Orders of shells.
var (
	Bash42 = Order{fnv(0, 64), true}
	Bash   = Order{fnv(2166136261, 1024), true}
	Ash    = Order{ash, false}
)

// fnv is hash_string of bash: FNV-1 of 32 bits, which began with 0 up to release 4.
func fnv(offset uint32, buckets int) func(string) int {
	return func(name string) int {
		h := offset
		for i := range len(name) {
			h = h*16777619 ^ uint32(name[i])
		}
		return int(h) & (buckets - 1)
	}
}

// ash is hashvar of dash and busybox.
func ash(name string) int {
	h := int(name[0]) << 4
	for i := range len(name) {
		h += int(name[i])
	}
	return h % 39
}

// sort puts names of variables in the order of the set.
func (s *Set) sort(names []string) {
	slices.SortFunc(names, func(a, b string) int {
		age := s.m[a].seq - s.m[b].seq
		if s.order.NewestFirst {
			age = -age
		}
		if s.order.Bucket == nil {
			return age
		}
		return cmp.Or(s.order.Bucket(a)-s.order.Bucket(b), age)
	})
}
