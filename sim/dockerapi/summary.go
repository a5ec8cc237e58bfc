package dockerapi

import "time"

// A ContainerSummary is a line of "docker ps -a --no-trunc". The fields have the names
// that "docker ps --format" knows them by.
type ContainerSummary struct {
	ID         string // 64 hex digits, of which docker ps shows 12
	Image      string
	Command    string    // docker ps quotes it and shows 20 characters of it
	CreatedAt  time.Time // in whole seconds
	RunningFor string    // "2 minutes ago", since CreatedAt
	State      string    // State.Status
	Status     string    // "Created", "Up 2 minutes (Paused)", "Exited (3) 2 minutes ago"
	Ports      string    // "53/udp, 0.0.0.0:8080->80/tcp"
	Names      []string  // its name and those that links gave it, in order: "db", "web/alias"
	Networks   []string  // their names, in order
}
