package dockerd

import (
	"io"
	"net/http"
)

// ping is what clients ask first: which API there is.
func (c *call) ping() error {
	h := c.w.Header()
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if c.r.Method == http.MethodHead {
		h.Set("Content-Length", "0")
		return nil
	}
	_, err := io.WriteString(c.w, "OK")
	return err
}
