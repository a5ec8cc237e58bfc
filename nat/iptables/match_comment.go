package iptables

import (
	"strings"

	"drydock/nat"
)

var _ = registerMatch(matchKind{name: "comment", begin: beginComment}, listComment)

// maxComment is XT_MAX_COMMENT_LEN with its closing 0. What is longer is cut.
const maxComment = 255

// beginComment reads
//
//	--comment TEXT                             up to 255 bytes
//
// It matches every packet, and is there for those who read the rules.
func beginComment(*scope) *extension {
	var m nat.Comment
	return &extension{name: "comment", match: func() nat.Match { return m }, options: []option{
		{names: []string{"comment"}, must: true, set: func(value string, _ bool) error {
			if strings.ContainsAny(value, "\r\n") { // which iptables-save prints and iptables-restore cannot read
				return wrong("Newlines not allowed in --comment")
			}
			m.Text = value[:min(len(value), maxComment)]
			return nil
		}},
	}}
}

// listComment prints the text as it is, even if it has the two characters in it that end a
// comment.
func listComment(m nat.Comment, _ column) string { return "/* " + m.Text + " */" }
