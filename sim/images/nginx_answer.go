package images

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// nginxAnswer returns a file, with the headers in nginx's order.
func nginxAnswer(files fs.FS, root string, r *http.Request) response {
	connection := "Connection: keep-alive"
	if r.Close {
		connection = "Connection: close"
	}
	head := []string{"Server: nginx/" + nginxVersion, "Date: " + date(time.Now())}
	fail := func(status int) response {
		text := fmt.Sprintf("%d %s", status, map[int]string{404: "Not Found", 403: "Forbidden", 405: "Not Allowed"}[status])
		body := "<html>\r\n<head><title>" + text + "</title></head>\r\n<body>\r\n<center><h1>" + text + "</h1></center>\r\n<hr><center>nginx/" +
			nginxVersion + "</center>\r\n</body>\r\n</html>\r\n"
		return response{status, append(head, "Content-Type: text/html", fmt.Sprint("Content-Length: ", len(body)), connection), body}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return fail(http.StatusMethodNotAllowed)
	}
	name := path.Join(root, path.Clean("/"+r.URL.Path))
	if strings.HasSuffix(r.URL.Path, "/") {
		name += "/index.html"
	}
	body, err := fs.ReadFile(files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(http.StatusNotFound)
	case err != nil:
		return fail(http.StatusForbidden)
	}
	var modified time.Time
	if info, err := fs.Stat(files, name); err == nil {
		modified = info.ModTime()
	}
	contentType := map[string]string{".html": "text/html", ".txt": "text/plain", ".css": "text/css", ".js": "application/javascript", ".json": "application/json"}[path.Ext(name)]
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return response{http.StatusOK, append(head, "Content-Type: "+contentType, fmt.Sprint("Content-Length: ", len(body)),
		"Last-Modified: "+date(modified), connection, fmt.Sprintf("ETag: \"%x-%x\"", modified.Unix(), len(body)), "Accept-Ranges: bytes"), string(body)}
}
