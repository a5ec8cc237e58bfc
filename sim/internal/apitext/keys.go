// Package apitext reads the texts that the command docker and dockerd both read: keys to detach,
// points in time, ranges of ports. What it accepts and says is what the packages do that they
// share.
package apitext

import (
	"errors"
	"strings"
)

// Keys are those that detach from a container, as a terminal sends them.
type Keys []byte

// DefaultKeys are ctrl-p and ctrl-q.
var DefaultKeys = Keys{'P' & 31, 'Q' & 31}

// ParseKeys reads keys that commas separate: a, ctrl-a, ctrl-@, ctrl-[, DEL.
func ParseKeys(text string) (keys Keys, err error) {
	for key := range strings.SplitSeq(text, ",") {
		letter, ctrl := strings.CutPrefix(key, "ctrl-")
		switch {
		case len(key) == 1:
			keys = append(keys, key[0])
		case ctrl && len(letter) == 1 && strings.Contains("@abcdefghijklmnopqrstuvwxyz[\\]^_", letter):
			keys = append(keys, letter[0]&31)
		case key == "DEL":
			keys = append(keys, 127)
		default:
			return nil, errors.New("Unknown character: '" + key + "'")
		}
	}
	return keys, nil
}

// A KeyFilter finds keys in what is typed.
type KeyFilter struct {
	keys Keys
	held int // how many of them were typed last, and not passed on
}

// NewKeyFilter returns one for some keys, at least one.
func NewKeyFilter(keys Keys) *KeyFilter { return &KeyFilter{keys: keys} }

// Filter returns what is to be passed on of what was typed, up to the keys if they are there.
// The first of them are held back until it is clear what follows. As Docker does it does not
// begin anew with the byte that was not the next key: ctrl-p, ctrl-p, ctrl-q are three keys for
// the program.
func (f *KeyFilter) Filter(typed []byte) (text []byte, found bool) {
	for _, b := range typed {
		if b != f.keys[f.held] {
			text = append(append(text, f.keys[:f.held]...), b)
			f.held = 0
			continue
		}
		if f.held++; f.held == len(f.keys) {
			f.held = 0
			return text, true
		}
	}
	return text, false
}
