package gnu

import (
	"bytes"
	"io"
	"strings"
)

// Lines calls use for each line, as soon as it has been read, without its end. last is whether
// that was missing. It ends when use returns false, at the end of the input, or with its error;
// a line of more than 1 MiB is one.
func Lines(r io.Reader, use func(line string, last bool) (more bool)) error {
	var held []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		held = append(held, buf[:n]...)
		for {
			i := bytes.IndexByte(held, '\n')
			if i < 0 {
				break
			}
			line := string(held[:i])
			held = held[i+1:]
			if !use(line, false) {
				return nil
			}
		}
		switch {
		case err == io.EOF:
			if len(held) > 0 {
				use(string(held), true)
			}
			return nil
		case err != nil:
			return err
		case len(held) > maxLine:
			return ErrMemory
		}
	}
}

// Split returns the lines of a text without their ends; the last one need not have one.
func Split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
