package dockerapi

import "encoding/json"

// UnmarshalJSON takes a list of words, and a text for one word.
func (w *Words) UnmarshalJSON(b []byte) error {
	var word string
	if len(b) > 0 && b[0] == '"' {
		err := json.Unmarshal(b, &word)
		*w = Words{word}
		return err
	}
	return json.Unmarshal(b, (*[]string)(w))
}
