package curl

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"drydock/sim/tools/internal/http1"
)

// untilClose is the size of an answer that ends with its connection.
const untilClose = -1

// continueAfter is how long curl waits for 100 Continue.
const continueAfter = time.Second

// exchange sends a request and takes the answer.
func (t *transfer) exchange(conn *connection, r *request) error {
	if t.user != "" && t.trusted {
		name, _, _ := strings.Cut(t.user, ":")
		t.info("Server auth using Basic with user '%s'", name)
	}
	if t.verbose {
		for line := range strings.Lines(r.header) {
			t.Errorf("> %s", line)
		}
	}
	t.requestSize += len(r.header)
	if _, err := io.WriteString(conn, r.header); err != nil {
		return t.ioError(err, false)
	}
	h, err := t.sendBody(conn, r)
	t.sent = time.Since(t.start)
	if err == nil && h == nil {
		h, err = t.readHeader(conn.read, r)
	}
	if err != nil {
		return err
	}
	return t.readBody(conn.read, h, r)
}

// sendBody sends what is posted, if need be when the server wants it. A server that answers
// instead gets nothing: h is its answer.
func (t *transfer) sendBody(conn *connection, r *request) (h *http1.Header, err error) {
	if len(r.body) == 0 {
		return nil, nil
	}
	if r.expect {
		conn.SetReadDeadline(time.Now().Add(continueAfter))
		err := conn.read.Begin()
		conn.SetReadDeadline(time.Time{})
		switch {
		case t.ctx.Err() != nil:
			return nil, t.ioError(err, true)
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.info("Done waiting for 100-continue")
		default:
			if h, err = t.readOne(conn.read, r); err != nil || h.Code != 100 {
				return h, err
			}
		}
	}
	if t.verbose && !t.terminal {
		t.Errorf("} [%d bytes data]\n", min(len(r.body), 64<<10))
	}
	n, err := conn.Write(r.body)
	t.posted += n
	t.progress.upload(n)
	if err != nil {
		return nil, t.ioError(err, false)
	}
	if r.expect {
		t.info("We are completely uploaded and fine")
	}
	return nil, nil
}

// maxInterim bounds how many answers may come before the final one.
const maxInterim = 100

// readHeader reads headers up to the final one.
func (t *transfer) readHeader(read *http1.Reader, r *request) (*http1.Header, error) {
	for range maxInterim {
		h, err := t.readOne(read, r)
		if err != nil || h.Code >= 200 || h.Code == 101 {
			return h, err
		}
	}
	return nil, &failure{weirdReply, "Weird server reply"}
}

// readOne reads one header, and shows it line by line.
func (t *transfer) readOne(read *http1.Reader, r *request) (*http1.Header, error) {
	if err := read.Begin(); err != nil {
		return nil, t.headerError(err)
	}
	if t.first == 0 {
		t.first = time.Since(t.start)
	}
	h, err := read.StatusLine()
	if err != nil {
		return nil, t.headerError(err)
	}
	if h.Proto == "1.0" && h.Code >= 200 {
		t.info("HTTP 1.0, assume close after body")
	}
	t.showHeader(h.Lines[0])
	for last := false; !last; {
		if last, err = read.Next(h); err != nil {
			return nil, t.headerError(err)
		}
		line := h.Lines[len(h.Lines)-1]
		if h.Code >= 200 {
			if err := t.look(h, line, last, r); err != nil {
				return nil, err
			}
		}
		if !last || h.Code >= 200 {
			t.showHeader(line)
		}
	}
	t.headerSize += h.Size
	return h, t.keepHeader(h)
}

// look acts on a line of a final header before it is shown. With -f errors end the transfer
// there.
func (t *transfer) look(h *http1.Header, line string, last bool, r *request) error {
	name, _, _ := strings.Cut(line, ":")
	if t.location && strings.EqualFold(name, "Location") && h.Code/100 == 3 && len(r.body) > 0 {
		t.info("Please rewind output before next send")
	}
	if !last {
		return nil
	}
	t.answer = h
	if t.fail && !t.failBody && h.Code >= 400 {
		if size := (&http1.Reader{}).Body(h, r.method == "HEAD").Size; size >= 0 {
			t.progress.setTotal(size)
		}
		return &failure{httpReturnedError, fmt.Sprintf("The requested URL returned error: %d", h.Code)}
	}
	return nil
}

func (t *transfer) showHeader(line string) {
	if t.verbose {
		t.Errorf("< %s", line)
	}
}

// keepHeader writes the header where -i, -I and -D want it.
func (t *transfer) keepHeader(h *http1.Header) error {
	if t.include || t.head {
		for _, line := range h.Lines {
			if err := t.sink.header(line); err != nil {
				return err
			}
		}
	}
	if t.dumpHeader == "" {
		return nil
	}
	file := &sink{session: t.session, file: t.dumpHeader}
	_, err := io.WriteString(file, strings.Join(h.Lines, ""))
	file.close(true)
	return err
}

func (t *transfer) headerError(err error) error {
	switch {
	case errors.Is(err, http1.ErrNotHTTP), errors.Is(err, http1.ErrBadStatus):
		return &failure{unsupportedProtocol, "Received HTTP/0.9 when not allowed"}
	case errors.Is(err, http1.ErrTooLarge):
		return &failure{recvError, fmt.Sprintf("Too large response headers: %d > %d", http1.MaxHeader+1, http1.MaxHeader)}
	}
	return t.ioError(err, true)
}

// readBody reads the body. That of a redirect that is followed is not shown.
func (t *transfer) readBody(read *http1.Reader, h *http1.Header, r *request) error {
	b := read.Body(h, t.head || r.method == "HEAD")
	ignored := false
	if location, ok := h.Get("Location"); ok && h.Code/100 == 3 {
		var err error
		if t.next, err = t.current.follow(location); err != nil {
			return err
		}
		ignored = t.location
	}
	t.received, t.size = 0, b.Size
	if b.None {
		t.size = 0
		return nil
	}
	if b.Size >= 0 {
		t.progress.setTotal(b.Size)
	}
	if ignored && b.Size != 0 {
		t.info("Ignoring the response-body")
	}
	err := t.copyBody(read, b, ignored)
	if b.Chunked && err == nil {
		t.size = t.received // known now, so that the connection can be kept
		if err = read.Trailer(); err != nil {
			err = t.ioError(err, true)
		}
	}
	if err == nil && t.failBody && h.Code >= 400 {
		err = &failure{httpReturnedError, fmt.Sprintf("The requested URL returned error: %d", h.Code)}
	}
	return err
}

func (t *transfer) copyBody(read *http1.Reader, b http1.Body, ignored bool) error {
	buffer := make([]byte, http1.BufferSize)
	told := !t.verbose || t.sink.file == "" && t.terminal
	for b.Size < 0 || t.received < b.Size {
		if !told && read.Buffered() == 0 && b.Size != 0 {
			read.Peek(1) // waits for what is read next
		}
		if n := read.Buffered(); !told && n > 0 {
			told = true
			t.Errorf("{ [%d bytes data]\n", n)
		}
		n, err := b.Read(buffer)
		t.received += int64(n)
		if n > 0 && !ignored {
			if _, err := t.sink.Write(buffer[:n]); err != nil {
				t.progress.add(n)
				return err
			}
			if t.noBuffer || t.terminal {
				t.out.Flush()
			}
		}
		t.progress.add(n)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && b.Size < 0:
			return nil
		case errors.Is(err, io.EOF):
			return &failure{partialFile, fmt.Sprintf("transfer closed with %d bytes remaining to read", b.Size-t.received)}
		case errors.Is(err, io.ErrUnexpectedEOF):
			return &failure{partialFile, "transfer closed with outstanding read data remaining"}
		default:
			return t.ioError(err, true)
		}
	}
	return nil
}
