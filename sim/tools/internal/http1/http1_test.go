package http1

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answer reads a header and its body.
func answer(text string) (h *Header, body string, err error) {
	r := NewReader(strings.NewReader(text))
	if err := r.Begin(); err != nil {
		return nil, "", err
	}
	if h, err = r.StatusLine(); err != nil {
		return nil, "", err
	}
	for last := false; !last; {
		if last, err = r.Next(h); err != nil {
			return h, "", err
		}
	}
	b := r.Body(h, false)
	if b.None {
		return h, "", nil
	}
	content, err := io.ReadAll(b)
	if b.Chunked && err == nil {
		err = r.Trailer()
	}
	return h, string(content), err
}

// TestHeader keeps order and case.
func TestHeader(t *testing.T) {
	t.Parallel()
	h, body, err := answer("HTTP/1.1 200 Very OK\r\nx-Case:  Kept \r\nConnection: a, Close\nContent-Length: 2\r\n\r\nabc")
	require.NoError(t, err)
	assert.Equal(t, "ab", body)
	assert.Equal(t, []string{"HTTP/1.1 200 Very OK\r\n", "x-Case:  Kept \r\n", "Connection: a, Close\n", "Content-Length: 2\r\n", "\r\n"}, h.Lines)
	assert.Equal(t, 200, h.Code)
	value, ok := h.Get("X-CASE")
	assert.True(t, ok)
	assert.Equal(t, "Kept", value)
	assert.False(t, h.Keeps())
	assert.Equal(t, len("HTTP/1.1 200 Very OK\r\nx-Case:  Kept \r\nConnection: a, Close\nContent-Length: 2\r\n\r\n"), h.Size)
}

// TestErrors has what is no answer.
func TestErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"": io.EOF, "HT": ErrNotHTTP, "hello": ErrNotHTTP, "HTTP/1.1\r\n": ErrBadStatus, "HTTP/1.1 20 x\r\n": ErrBadStatus, "HTTP/3 200 x\r\n": ErrBadStatus,
		"HTTP/1.1 200 OK\r\nhalf": io.EOF, "HTTP/1.1 200 OK\r\n" + strings.Repeat("a", MaxHeader): ErrTooLarge,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc": io.ErrUnexpectedEOF,
	} {
		_, _, err := answer(text)
		assert.ErrorIs(t, err, want, text[:min(len(text), 40)])
	}
}

// FuzzAnswer has hostile answers.
func FuzzAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n")
	f.Add("HTTP/1.0 304 x\nContent-Length: 99999999999999999999\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		h, body, err := answer(text)
		if err == nil && len(body) > len(text) || h != nil && h.Size > MaxHeader {
			t.Errorf("%q: %d bytes, %v", text, len(body), h)
		}
	})
}
