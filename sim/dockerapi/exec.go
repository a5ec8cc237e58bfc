package dockerapi

// An ExecCreate is a command that is to run in a container: POST /containers/{id}/exec.
type ExecCreate struct {
	User         string
	Privileged   bool
	Tty          bool
	AttachStdin  bool
	AttachStderr bool
	AttachStdout bool
	Detach       bool
	DetachKeys   string
	Env          []string
	WorkingDir   string
	Cmd          Words
}

// An ExecStart is how such a command is started: POST /exec/{id}/start.
type ExecStart struct {
	Detach bool
	Tty    bool
}

// An Exec is what is told of such a command: GET /exec/{id}/json.
type Exec struct {
	ID            string
	Running       bool
	ExitCode      *int // nil while it runs
	ProcessConfig ExecProcess
	OpenStdin     bool
	OpenStderr    bool
	OpenStdout    bool
	CanRemove     bool
	ContainerID   string
	DetachKeys    []byte
	Pid           int
}

// An ExecProcess is the process of an Exec.
type ExecProcess struct {
	Tty        bool     `json:"tty"`
	Entrypoint string   `json:"entrypoint"` // the first word of Cmd
	Arguments  []string `json:"arguments"`  // the others
	Privileged *bool    `json:"privileged,omitempty"`
	User       string   `json:"user,omitempty"`
}
