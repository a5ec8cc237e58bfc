package files

import (
	"io/fs"
	"sync"
	"time"

	"drydock/sim/tools/command"
)

// A quota is what may still be written.
type quota struct {
	first        Limits
	mu           sync.Mutex
	bytes, files int // +checklocks:mu
}

func newQuota(l Limits) *quota { return &quota{first: l, bytes: l.Bytes, files: l.Files} }

// take takes of both, or of none.
func (q *quota) take(bytes, files int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if bytes > q.bytes || files > q.files {
		return false
	}
	q.bytes, q.files = q.bytes-bytes, q.files-files
	return true
}

// most takes up to a number of bytes and returns how many.
func (q *quota) most(bytes int) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	bytes = min(bytes, q.bytes)
	q.bytes -= bytes
	return bytes
}

func (q *quota) give(bytes, files int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes, q.files = q.bytes+bytes, q.files+files
}

// A File is a regular file in memory, in one Tree or bound in several. It is safe for
// concurrent use.
type File struct {
	quota *quota
	now   func() time.Time

	mu      sync.Mutex
	mode    fs.FileMode // +checklocks:mu
	data    []byte      // +checklocks:mu
	time    time.Time   // +checklocks:mu
	opens   int         // +checklocks:mu
	removed bool        // +checklocks:mu
}

// NewFile returns an empty file to bind to names, with permissions and the most that it takes.
func NewFile(perm fs.FileMode, most int) *File {
	f := &File{quota: newQuota(Limits{Bytes: most}), now: time.Now, mode: perm}
	f.Edit(func(string) string { return "" })
	return f
}

// String returns what is in the file.
func (f *File) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.data)
}

// Edit replaces the text of the file by what change makes of it, or leaves it if that is too
// long. Nobody else writes meanwhile; change must not use the file.
func (f *File) Edit(change func(text string) string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := change(string(f.data))
	if more := len(text) - len(f.data); more > 0 && !f.quota.take(more, 0) {
		return
	} else if more < 0 {
		f.quota.give(-more, 0)
	}
	f.data, f.time = []byte(text), f.now()
}

func (f *File) info(name string) (fs.FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return info{name: name, mode: f.mode, time: f.time, size: int64(len(f.data))}, nil
}

func (f *File) chmod(mode fs.FileMode) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode = mode.Perm()
}

// open notes that the file is open, until close.
func (f *File) open(truncate bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opens++
	if truncate {
		f.quota.give(len(f.data), 0)
		f.data, f.time = nil, f.now()
	}
}

func (f *File) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opens--
	f.releaseLocked()
}

// remove notes that the file has no name any more.
func (f *File) remove() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.removed = true
	f.releaseLocked()
}

// releaseLocked gives back what nobody can see any more.
//
// +checklocks:f.mu
func (f *File) releaseLocked() {
	if f.removed && f.opens == 0 {
		f.quota.give(len(f.data), 0)
		f.data = nil
	}
}

// readAt copies from an offset and returns how much, 0 at the end.
func (f *File) readAt(b []byte, off int64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= int64(len(f.data)) {
		return 0
	}
	return copy(b, f.data[off:])
}

// writeAt writes at an offset, or at the end if that is negative, and returns where the writing
// ended. What is skipped is zeros.
func (f *File) writeAt(b []byte, off int64) (n int, end int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	size := int64(len(f.data))
	if off < 0 {
		off = size
	}
	if more := off + int64(len(b)) - size; more > 0 {
		got := f.quota.most(int(min(more, 1<<30)))
		if size+int64(got) < off { // not even what is skipped fits
			f.quota.give(got, 0)
			return 0, off, command.ErrNoSpace
		}
		f.data = append(f.data, make([]byte, got)...)
		if int64(got) < more {
			b, err = b[:size+int64(got)-off], command.ErrNoSpace
		}
	}
	n = copy(f.data[off:], b)
	f.time = f.now()
	return n, off + int64(n), err
}
