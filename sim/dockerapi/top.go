package dockerapi

// A Top answers GET /containers/{id}/top.
type Top struct {
	Processes [][]string // of each the values, by Titles
	Titles    []string
}
