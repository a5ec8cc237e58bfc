package dockerapi

// A ContainersPruned answers POST /containers/prune.
type ContainersPruned struct {
	ContainersDeleted []string // their IDs; nil if there were none
	SpaceReclaimed    uint64   // always 0
}

// A NetworksPruned answers POST /networks/prune.
type NetworksPruned struct {
	NetworksDeleted []string // their names; nil if there were none
}
