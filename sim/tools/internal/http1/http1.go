// Package http1 reads answers of HTTP/1 as they come: curl and wget print headers in their
// order and case, which net/http does not keep.
package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// A Reader reads the answers of one connection.
type Reader struct{ *bufio.Reader }

// BufferSize is how much curl reads at once.
const BufferSize = 16 << 10

func NewReader(r io.Reader) *Reader { return &Reader{bufio.NewReaderSize(r, BufferSize)} }

// MaxHeader is what curl takes of headers in all.
const MaxHeader = 300 << 10

// ErrNotHTTP is an answer that does not begin as one.
var ErrNotHTTP = errors.New("no HTTP")

// A Header is the one of an answer.
type Header struct {
	Proto, Status string // "1.1", "200"
	Code          int
	Lines         []string // as they came, the status line first, the empty one last
	Size          int
}

// Get returns the value of the last header with a name.
func (h *Header) Get(name string) (value string, ok bool) {
	for _, line := range h.Lines[1:] {
		n, v, _ := strings.Cut(line, ":")
		if strings.EqualFold(n, name) {
			value, ok = strings.TrimSpace(v), true
		}
	}
	return value, ok
}

// Has tells whether a header lists a word.
func (h *Header) Has(name, word string) bool {
	for _, line := range h.Lines[1:] {
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

// Begin waits for the answer and looks whether it is HTTP.
func (r *Reader) Begin() error {
	const magic = "HTTP/"
	b, err := r.Peek(len(magic))
	switch {
	case len(b) > 0 && !bytes.HasPrefix([]byte(magic), b[:min(len(b), len(magic))]):
		return ErrNotHTTP
	case err != nil && len(b) > 0:
		return ErrNotHTTP
	}
	return err
}

// What is wrong with a header.
var (
	ErrTooLarge  = errors.New("too large")
	ErrBadStatus = errors.New("bad status line")
)

// line reads one line, with its end.
func (r *Reader) line(size *int) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		if *size += len(part); *size > MaxHeader {
			return "", ErrTooLarge
		}
		if err != bufio.ErrBufferFull {
			return string(b), err
		}
	}
}

// StatusLine reads the first line.
func (r *Reader) StatusLine() (*Header, error) {
	h := new(Header)
	line, err := r.line(&h.Size)
	if err != nil {
		return nil, err
	}
	h.Lines = []string{line}
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return nil, ErrBadStatus
	}
	h.Proto, h.Status = strings.TrimPrefix(fields[0], "HTTP/"), fields[1]
	if h.Code, err = strconv.Atoi(h.Status); err != nil || len(h.Status) != 3 || (h.Proto != "1.0" && h.Proto != "1.1") {
		return nil, ErrBadStatus
	}
	return h, nil
}

// Next reads the next line of a header and tells whether it was the empty one at the end.
func (r *Reader) Next(h *Header) (last bool, err error) {
	line, err := r.line(&h.Size)
	if err != nil {
		return false, err
	}
	h.Lines = append(h.Lines, line)
	return strings.TrimRight(line, "\r\n") == "", nil
}

// Keeps tells whether the connection can be used again after the answer.
func (h *Header) Keeps() bool {
	if h.Has("Connection", "close") {
		return false
	}
	return h.Proto == "1.1" || h.Has("Connection", "keep-alive")
}

// A Body is that of an answer.
type Body struct {
	io.Reader
	Size    int64 // -1: unknown
	None    bool
	Chunked bool
}

// Body returns the body that follows a header.
func (r *Reader) Body(h *Header, head bool) (b Body) {
	b.Size = -1
	if v, ok := h.Get("Content-Length"); ok {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
			b.Size = n
		}
	}
	switch {
	case head || h.Code == 204 || h.Code == 304:
		b.None = true
	case h.Has("Transfer-Encoding", "chunked"):
		b.Chunked, b.Size, b.Reader = true, -1, httputil.NewChunkedReader(r.Reader)
	case b.Size >= 0:
		b.Reader = io.LimitReader(r.Reader, b.Size)
	default:
		b.Reader = r.Reader
	}
	return b
}

// Trailer reads what follows the last chunk.
func (r *Reader) Trailer() error {
	size := 0
	for {
		line, err := r.line(&size)
		if err != nil || strings.TrimRight(line, "\r\n") == "" {
			return err
		}
	}
}
