package dockerapi

// An EventMessage is something that happened: a line of GET /events.
type EventMessage struct {
	Status string `json:"status,omitempty"` // of containers and images the Action
	ID     string `json:"id,omitempty"`     // of containers and images the actor's
	From   string `json:"from,omitempty"`   // of containers the image

	Type   string // "container", "network", "image" or "builder"
	Action string // "start"; "exec_start: ls -l"
	Actor  Actor
	Scope  string `json:"scope,omitempty"` // "local"

	Time     int64 `json:"time,omitempty"` // in seconds since 1970
	TimeNano int64 `json:"timeNano,omitempty"`
}

// An Actor is what an event happened to.
type Actor struct {
	ID         string
	Attributes map[string]string // "name", "image", "exitCode" and the like; of containers their labels too
}
