package nat

import (
	"strings"

	"drydock/nat/internal/words"
)

// Comment is -m comment --comment. It matches everything. Its Text has up to 255 bytes, no
// newline and no 0.
type Comment struct{ Text string }

// maxComment is XT_MAX_COMMENT_LEN with its closing 0.
const maxComment = 255

// checked refuses what iptables-save could not say.
func (m Comment) checked(setting) (Match, error) {
	if len(m.Text) > maxComment || strings.ContainsAny(m.Text, "\n\x00") {
		return nil, ErrValue
	}
	return m, nil
}

// String quotes the text, unless it is one word of letters and digits.
func (m Comment) String() string { return "-m comment --comment " + words.Quote(m.Text) }

// compile returns nothing: comments cost packets nothing.
func (Comment) compile(*asking) matcher { return nil }
