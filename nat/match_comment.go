package nat

import (
	"strings"

	"drydock/nat/internal/words"
)

// Comment is -m comment --comment. It matches everything.
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

func (m Comment) String() string { return "-m comment --comment " + words.Quote(m.Text) }

func (Comment) compile(*asking) matcher { return nil }
