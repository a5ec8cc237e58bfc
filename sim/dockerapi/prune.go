package dockerapi

// A ContainersPruned answers POST /containers/prune.
type ContainersPruned struct {
	ContainersDeleted []string // their IDs; nil if there were none
	SpaceReclaimed    uint64   // what they had written
}

// A NetworksPruned answers POST /networks/prune.
type NetworksPruned struct {
	NetworksDeleted []string // their names; nil if there were none
}

// An ImagesPruned answers POST /images/prune.
type ImagesPruned struct {
	ImagesDeleted  []ImageRemoved // nil if there were none
	SpaceReclaimed uint64
}

// A CachePruned answers POST /build/prune. Nothing is built, so there is no cache.
type CachePruned struct {
	CachesDeleted  []string
	SpaceReclaimed uint64
}
