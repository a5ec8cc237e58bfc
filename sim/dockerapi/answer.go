package dockerapi

// An ErrorResponse is why a request was refused.
type ErrorResponse struct {
	Message string `json:"message"`
}

// An IDResponse answers what makes the command of an exec.
type IDResponse struct {
	ID string `json:"Id"`
}

// A ContainerCreated answers POST /containers/create.
type ContainerCreated struct {
	ID       string   `json:"Id"`
	Warnings []string // [] if there are none
}

// A WaitResponse answers POST /containers/{id}/wait.
type WaitResponse struct {
	Error      *WaitError // nil if the container could be waited for
	StatusCode int64
}

// A WaitError is why a container could not be waited for.
type WaitError struct {
	Message string
}

// A NetworkCreated answers POST /networks/create.
type NetworkCreated struct {
	ID      string `json:"Id"`
	Warning string
}

// A NetworkConnect asks for a container on a network: POST /networks/{id}/connect.
type NetworkConnect struct {
	Container      string
	EndpointConfig *EndpointConfig `json:",omitempty"`
}

// A NetworkDisconnect is the body of POST /networks/{id}/disconnect.
type NetworkDisconnect struct {
	Container string
	Force     bool
}
