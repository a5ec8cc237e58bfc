package bridge

import "slices"

// Walls are the partitions that hold. They do not change.
type walls []*wall

type wall struct{ apart func(in, out *Port) bool }

// Partition keeps frames from port in away from port out wherever apart is true, until heal is
// called: unicast and flooded ones, of all protocols, and those for the local port and from it.
// They are counted as drop.Partitioned at the port by which they entered, a flooded one for each
// port that it does not leave by, and do not pass the Filter. Several partitions hold at once;
// what one of them keeps apart is apart.
//
// The cut is inside the bridge. Frames that have not reached it are lost, those that have passed
// it arrive. The bridge goes on learning where stations are.
//
// apart is called for each frame and port that it may leave by, from the goroutines that deliver,
// and for ports that are added later, too. It must be quick and always say the same. WithOwner
// tells it what a port leads to. While there is no partition frames cost nothing more.
func (b *Bridge) Partition(apart func(in, out *Port) bool) (heal func()) {
	w := &wall{apart}
	b.setWalls(func(list walls) walls { return append(list, w) })
	return func() {
		b.setWalls(func(list walls) walls { return slices.DeleteFunc(list, func(o *wall) bool { return o == w }) })
	}
}

// setWalls exchanges the walls for what edit makes of a copy.
func (b *Bridge) setWalls(edit func(walls) walls) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list walls
	if old := b.walls.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = edit(list); len(list) == 0 {
		b.walls.Store(nil)
		return
	}
	b.walls.Store(&list)
}

// apart reports whether a partition keeps frames from in away from out.
func (b *Bridge) apart(in, out *Port) bool {
	w := b.walls.Load()
	return w != nil && w.divide(in, out)
}

// divide is not inlined, so that apart is.
//
//go:noinline
func (w *walls) divide(in, out *Port) bool {
	return slices.ContainsFunc(*w, func(w *wall) bool { return w.apart(in, out) })
}
