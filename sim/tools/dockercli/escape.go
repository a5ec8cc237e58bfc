package dockercli

import (
	"strings"
)

// An escape finds the keys that leave a container in what is typed.
type escape struct {
	keys []byte
	held int // how many of keys were typed last, and not passed on
}

// newEscape returns one for --detach-keys. Keys that are no good are as none: ctrl-p and
// ctrl-q it is then, as dockerd has refused the others.
func newEscape(keys string) *escape {
	if codes, err := parseKeys(keys); err == nil {
		return &escape{keys: codes}
	}
	return &escape{keys: []byte{'p' & 0x1f, 'q' & 0x1f}}
}

// parseKeys parses keys that commas separate: a, ctrl-a, ctrl-@, ctrl-[, DEL.
func parseKeys(s string) (codes []byte, err error) {
	for key := range strings.SplitSeq(s, ",") {
		letter, isCtrl := strings.CutPrefix(key, "ctrl-")
		switch {
		case len(key) == 1:
			codes = append(codes, key[0])
		case isCtrl && len(letter) == 1 && strings.Contains("@abcdefghijklmnopqrstuvwxyz[\\]^_", letter):
			codes = append(codes, letter[0]&0x1f)
		case key == "DEL":
			codes = append(codes, 127)
		default:
			return nil, dockerError("Unknown character: '" + key + "'")
		}
	}
	return codes, nil
}

// filter returns what is to be passed on of what was typed, up to the keys if they are
// there. The first of them are held back until it is clear what follows. Unlike docker, which
// looks only at keys that arrive one by one, it finds them in what is pasted, too.
func (e *escape) filter(typed []byte) (text []byte, found bool) {
	for _, b := range typed {
		if b != e.keys[e.held] && e.held > 0 {
			text = append(text, e.keys[:e.held]...)
			e.held = 0
		}
		if b != e.keys[e.held] {
			text = append(text, b)
			continue
		}
		if e.held++; e.held == len(e.keys) {
			e.held = 0
			return text, true
		}
	}
	return text, false
}
