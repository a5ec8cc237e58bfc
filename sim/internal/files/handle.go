package files

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"sync"
)

// A handle is a File that is open.
type handle struct {
	file *File
	name string
	mode mode

	mu     sync.Mutex
	offset int64 // +checklocks:mu
	closed bool  // +checklocks:mu
}

// maxOffset keeps sums of offsets from overflowing.
const maxOffset = 1 << 40

func (h *handle) Stat() (fs.FileInfo, error) { return h.file.info(path.Base(h.name)) }

func (h *handle) Read(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.checkLocked(h.mode.read); err != nil {
		return 0, pathError("read", h.name, err)
	}
	n := h.file.readAt(b, h.offset)
	h.offset += int64(n)
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (h *handle) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.checkLocked(h.mode.write); err != nil {
		return 0, pathError("write", h.name, err)
	}
	at := h.offset
	if h.mode.append {
		at = -1
	}
	n, end, err := h.file.writeAt(b, at)
	h.offset = end
	return n, pathError("write", h.name, err)
}

// Seek implements io.Seeker.
func (h *handle) Seek(offset int64, whence int) (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.checkLocked(true); err != nil {
		return 0, pathError("seek", h.name, err)
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += h.offset
	case io.SeekEnd:
		i, _ := h.file.info("")
		offset += i.Size()
	default:
		offset = -1
	}
	if offset < 0 || offset > maxOffset {
		return 0, pathError("seek", h.name, fs.ErrInvalid)
	}
	h.offset = offset
	return offset, nil
}

func (h *handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return pathError("close", h.name, fs.ErrClosed)
	}
	h.closed = true
	h.file.close()
	return nil
}

// checkLocked is why a call cannot be served.
//
// +checklocks:h.mu
func (h *handle) checkLocked(allowed bool) error {
	switch {
	case h.closed:
		return fs.ErrClosed
	case !allowed:
		return fs.ErrPermission
	}
	return nil
}

// A lowerFile is a file of the layers below that is open. Like with overlayfs it does not
// see what is written to the copy.
type lowerFile struct {
	fs.File
	name string
}

func (f *lowerFile) Stat() (fs.FileInfo, error) {
	i, err := f.File.Stat()
	if err != nil {
		return nil, err
	}
	return named{i, path.Base(f.name)}, nil
}

func (f *lowerFile) Write([]byte) (int, error) {
	return 0, pathError("write", f.name, fs.ErrPermission)
}

// Seek implements io.Seeker, if the file below does.
func (f *lowerFile) Seek(offset int64, whence int) (int64, error) {
	if s, ok := f.File.(io.Seeker); ok {
		return s.Seek(offset, whence)
	}
	return 0, pathError("seek", f.name, fs.ErrInvalid)
}

// cause returns what a *fs.PathError tells of a file that has another name here.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
