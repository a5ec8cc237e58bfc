package curl

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// A reader reads the answers of one connection.
type reader struct{ *bufio.Reader }

// bufferSize is how much curl reads at once.
const bufferSize = 16 << 10

func newReader(r io.Reader) *reader { return &reader{bufio.NewReaderSize(r, bufferSize)} }

// maxHeader is what curl takes of headers in all.
const maxHeader = 300 << 10

// errNotHTTP is an answer that does not begin as one.
var errNotHTTP = errors.New("no HTTP")

// A header is the one of an answer.
type header struct {
	proto, status string // "1.1", "200"
	code          int
	lines         []string // as they came, the status line first, the empty one last
	size          int
}

// get returns the value of the last header with a name.
func (h *header) get(name string) (value string, ok bool) {
	for _, line := range h.lines[1:] {
		n, v, _ := strings.Cut(line, ":")
		if strings.EqualFold(n, name) {
			value, ok = strings.TrimSpace(v), true
		}
	}
	return value, ok
}

// has tells whether a header lists a word.
func (h *header) has(name, word string) bool {
	for _, line := range h.lines[1:] {
		n, v, _ := strings.Cut(line, ":")
		if !strings.EqualFold(n, name) {
			continue
		}
		for w := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(w), word) {
				return true
			}
		}
	}
	return false
}

// begin waits for the answer and looks whether it is HTTP.
func (r *reader) begin() error {
	const magic = "HTTP/"
	b, err := r.Peek(len(magic))
	switch {
	case len(b) > 0 && !bytes.HasPrefix([]byte(magic), b[:min(len(b), len(magic))]):
		return errNotHTTP
	case err != nil && len(b) > 0:
		return errNotHTTP
	}
	return err
}

var (
	errTooLarge  = errors.New("too large")
	errBadStatus = errors.New("bad status line")
)

// line reads one line, with its end.
func (r *reader) line(size *int) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		if *size += len(part); *size > maxHeader {
			return "", errTooLarge
		}
		if err != bufio.ErrBufferFull {
			return string(b), err
		}
	}
}

// statusLine reads the first line.
func (r *reader) statusLine() (*header, error) {
	h := new(header)
	line, err := r.line(&h.size)
	if err != nil {
		return nil, err
	}
	h.lines = []string{line}
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return nil, errBadStatus
	}
	h.proto, h.status = strings.TrimPrefix(fields[0], "HTTP/"), fields[1]
	if h.code, err = strconv.Atoi(h.status); err != nil || len(h.status) != 3 || (h.proto != "1.0" && h.proto != "1.1") {
		return nil, errBadStatus
	}
	return h, nil
}

// next reads the next line of a header and tells whether it was the empty one at the end.
func (r *reader) next(h *header) (last bool, err error) {
	line, err := r.line(&h.size)
	if err != nil {
		return false, err
	}
	h.lines = append(h.lines, line)
	return strings.TrimRight(line, "\r\n") == "", nil
}

// keeps tells whether the connection can be used again after the answer.
func (h *header) keeps() bool {
	if h.has("Connection", "close") {
		return false
	}
	return h.proto == "1.1" || h.has("Connection", "keep-alive")
}

// A body is that of an answer.
type body struct {
	io.Reader
	size    int64 // -1: unknown
	none    bool
	chunked bool
}

// body returns the body that follows a header.
func (r *reader) body(h *header, head bool) (b body) {
	b.size = -1
	if v, ok := h.get("Content-Length"); ok {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
			b.size = n
		}
	}
	switch {
	case head || h.code == 204 || h.code == 304:
		b.none = true
	case h.has("Transfer-Encoding", "chunked"):
		b.chunked, b.size, b.Reader = true, -1, httputil.NewChunkedReader(r.Reader)
	case b.size >= 0:
		b.Reader = io.LimitReader(r.Reader, b.size)
	default:
		b.Reader = r.Reader
	}
	return b
}

// trailer reads what follows the last chunk.
func (r *reader) trailer() error {
	size := 0
	for {
		line, err := r.line(&size)
		if err != nil || strings.TrimRight(line, "\r\n") == "" {
			return err
		}
	}
}
