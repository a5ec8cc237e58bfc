package dockerapi

// A Progress is a line of what POST /images/create answers.
type Progress struct {
	Status string `json:"status"`
	ID     string `json:"id,omitempty"` // of what the line is about: a tag
}

// An ImageRemoved is a line of what DELETE /images/{name} answers. One of the fields is set.
type ImageRemoved struct {
	Untagged string `json:",omitempty"`
	Deleted  string `json:",omitempty"`
}
