package curl

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// A request is what is sent.
type request struct {
	method, header string
	body           []byte
	kind           string
	expect         bool // 100 Continue is waited for before the body
}

// expectFrom is the size from which curl asks before it sends what is posted.
const expectFrom = 1 << 20

// request returns the request for a target. method is that of a redirect, or "".
func (t *transfer) request(to target) (*request, error) {
	r := &request{method: "GET"}
	var err error
	switch {
	case t.upload != nil:
		r.method, r.body = "PUT", t.upload
	case t.plainGet:
	case len(t.form) > 0:
		r.method = "POST"
		r.body, r.kind, err = multipart(t.form, t.Process().Random())
	case t.hasData && !t.get:
		r.method, r.body, r.kind = "POST", t.data, "application/x-www-form-urlencoded"
	case t.head:
		r.method = "HEAD"
	}
	if t.method != "" {
		r.method = t.method
	}
	hasBody := r.kind != "" || t.upload != nil
	_, ownExpect := t.header("Expect")
	r.expect = !ownExpect && !t.http10 && (t.upload != nil && len(r.body) > 0 || len(r.body) > expectFrom)
	r.header = t.head1(to, r.method) + t.own()
	if hasBody {
		r.header += t.default1("Content-Length", fmt.Sprint(len(r.body))) + t.default1("Content-Type", r.kind)
	}
	if r.expect {
		r.header += "Expect: 100-continue\r\n"
	}
	r.header += "\r\n"
	return r, err
}

// head1 is the request line and the headers that curl writes of itself.
func (t *transfer) head1(to target, method string) string {
	path := to.path
	switch {
	case t.target != "":
		path = t.target
	case t.proxy != "":
		path = to.String()
	}
	proto := "1.1"
	if t.http10 {
		proto = "1.0"
	}
	host := to.hostport()
	if own, ok := t.header("Host"); ok {
		host = own
	}
	text := fmt.Sprintf("%s %s HTTP/%s\r\n", method, path, proto)
	if host != "" {
		text += "Host: " + host + "\r\n"
	}
	if t.user != "" && t.trusted {
		text += t.default1("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(t.user)))
	}
	if t.rng != "" {
		text += t.default1("Range", "bytes="+t.rng)
	}
	text += t.default1("User-Agent", t.agent) + t.default1("Accept", "*/*") + t.default1("Referer", t.referer)
	if t.proxy != "" {
		text += t.default1("Proxy-Connection", "Keep-Alive")
	}
	return text
}

// default1 is a header unless the user has one of that name, or it is empty.
func (t *transfer) default1(name, value string) string {
	if _, ok := t.header(name); ok || value == "" {
		return ""
	}
	return name + ": " + value + "\r\n"
}

// header returns a header that the user gave with -H, empty if it is taken away.
func (t *transfer) header(name string) (value string, ok bool) {
	for _, h := range t.headers {
		n, v, _ := strings.Cut(h, ":")
		if strings.EqualFold(strings.TrimSuffix(n, ";"), name) {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

// own returns the headers that the user gave, as they were written. "Name;" is an empty
// one, "Name:" takes one away.
func (t *transfer) own() string {
	var b strings.Builder
	for _, h := range t.headers {
		name, value, colon := strings.Cut(h, ":")
		switch {
		case strings.EqualFold(name, "Host"):
		case colon && strings.TrimSpace(value) != "":
			b.WriteString(h + "\r\n")
		case !colon && strings.HasSuffix(h, ";"):
			b.WriteString(strings.TrimSuffix(h, ";") + ":\r\n")
		}
	}
	return strings.NewReplacer("\r\n", "\r\n", "\r", "", "\n", "").Replace(b.String())
}
