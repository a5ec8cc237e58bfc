package pcapfilter

import "strings"

// operators are the tokens that are not words, long ones first.
var operators = []string{"&&", "||", "<<", ">>", "<=", ">=", "==", "!=", "<", ">", "=", "!", "(", ")", "[", "]", "+", "-", "*", "/", "%", "&", "|", "^", ":"}

// lex cuts an expression into words and operators. A hyphen within a word belongs to it, as in
// tcp-syn and 80-90, and so does a colon, but in brackets.
func lex(expr string) (tokens []string, err error) {
	depth := 0
next:
	for s := strings.TrimLeft(expr, " \t\r\n"); s != ""; s = strings.TrimLeft(s, " \t\r\n") {
		if n := word(s, depth == 0); n > 0 {
			tokens, s = append(tokens, s[:n]), s[n:]
			continue
		}
		for _, op := range operators {
			if strings.HasPrefix(s, op) {
				switch op {
				case "[":
					depth++
				case "]":
					depth--
				}
				tokens, s = append(tokens, op), s[len(op):]
				continue next
			}
		}
		return nil, &Error{expr, s[:1], "illegal character"}
	}
	return tokens, nil
}

// word returns the length of the word that s begins with, 0 if it begins otherwise.
func word(s string, colons bool) int {
	n := 0
	if s[0] == '\\' { // an escaped keyword
		n = 1
	}
	for n < len(s) && (letter(s[n]) || s[n] == '.' || s[n] == '_' || n > 0 && s[n] == '-' || colons && s[n] == ':') {
		n++
	}
	for n > 0 && s[n-1] == '-' {
		n--
	}
	if n == 1 && (s[0] == '\\' || s[0] == ':') {
		return 0
	}
	return n
}

func letter(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
