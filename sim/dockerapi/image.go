package dockerapi

import "time"

// An ImageSummary is a line of "docker images": GET /images/json.
type ImageSummary struct {
	Containers  int64  // -1: not counted
	Created     int64  // in seconds since 1970
	ID          string `json:"Id"` // "sha256:" and 64 hex digits
	Labels      map[string]string
	ParentID    string   `json:"ParentId"` // always empty
	RepoDigests []string // always nil: no registry knows it
	RepoTags    []string // "nginx:latest"
	SharedSize  int64    // -1: not counted
	Size        int64
	VirtualSize int64 // Size
}

// An Image is what "docker image inspect" tells: GET /images/{name}/json.
type Image struct {
	ID              string `json:"Id"`
	RepoTags        []string
	RepoDigests     []string // always empty
	Parent          string   // always empty, as are the next two
	Comment         string
	Container       string
	Created         time.Time
	ContainerConfig Config
	DockerVersion   string
	Author          string
	Config          Config
	Architecture    string // "amd64"
	Os              string // "linux"
	Size            int64
	VirtualSize     int64
	GraphDriver     GraphDriver
	RootFS          RootFS
	Metadata        ImageMetadata
}

// A RootFS is the layers of an image.
type RootFS struct {
	Type   string   // "layers"
	Layers []string `json:",omitempty"` // always empty
}

// An ImageMetadata is what dockerd knows of an image beside what the image says.
type ImageMetadata struct {
	LastTagTime time.Time // when it was given to the host
}
