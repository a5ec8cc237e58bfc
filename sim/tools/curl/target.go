package curl

import (
	"net/url"
	"strconv"
	"strings"
)

// A target is a URL, taken apart but not changed: the path goes to the server as it was
// written.
type target struct {
	scheme, user, host, port string
	portGiven                bool
	path                     string // with the query
}

var errURL = &failure{urlMalformat, "URL using bad/illegal format or missing URL"}

// parseTarget reads a URL as curl does. Without a scheme it is http.
func parseTarget(s string) (t target, err error) {
	t.scheme = "http"
	if scheme, rest, ok := strings.Cut(s, "://"); ok && isScheme(scheme) {
		t.scheme, s = strings.ToLower(scheme), rest
	}
	s, _, _ = strings.Cut(s, "#")
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return t, errURL
		}
	}
	end := strings.IndexAny(s, "/?")
	if end < 0 {
		end = len(s)
	}
	authority := s[:end]
	if t.path = s[end:]; !strings.HasPrefix(t.path, "/") {
		t.path = "/" + t.path
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, err := url.PathUnescape(authority[:at])
		if err != nil {
			return t, errURL
		}
		t.user, authority = user, authority[at+1:]
	}
	if t.host, t.port, err = splitPort(authority); err != nil {
		return t, err
	}
	t.portGiven = t.port != ""
	if t.port == "" {
		t.port = "80"
	}
	return t, nil
}

func isScheme(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// splitPort parts host and port. An address of IPv6 has brackets, which go.
func splitPort(authority string) (host, port string, err error) {
	host = authority
	if rest, ok := strings.CutPrefix(authority, "["); ok {
		inside, after, ok := strings.Cut(rest, "]")
		if _, valid := parseAddr(inside); !ok || !valid || after != "" && after[0] != ':' {
			return "", "", errURL
		}
		host, port = inside, strings.TrimPrefix(after, ":")
	} else if i := strings.IndexByte(authority, ':'); i >= 0 {
		host, port = authority[:i], authority[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" {
		if err != nil {
			return "", "", errURL
		}
		port = strconv.FormatUint(n, 10)
	}
	if host == "" || strings.ContainsAny(host, `"<>\^{}|`+"`") {
		return "", "", errURL
	}
	return host, port, nil
}

// hostport is what the header Host has.
func (t target) hostport() string {
	host := t.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if t.port != "80" {
		return host + ":" + t.port
	}
	return host
}

func (t target) String() string { return t.scheme + "://" + t.hostport() + t.path }

// follow returns where the header Location leads from t.
func (t target) follow(location string) (string, error) {
	base, err := url.Parse(t.String())
	if err != nil {
		return "", errURL
	}
	next, err := base.Parse(strings.ReplaceAll(location, " ", "%20"))
	if err != nil {
		return "", errURL
	}
	if next.Path == "" && next.Host != "" {
		next.Path = "/"
	}
	return next.String(), nil
}

// filename is what -O calls the file.
func (t target) filename() string {
	path, _, _ := strings.Cut(t.path, "?")
	return path[strings.LastIndexByte(path, '/')+1:]
}
