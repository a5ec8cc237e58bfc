package images

import (
	"io/fs"
	"regexp"
	"strings"
)

// An nginxSite is what nginx reads of its configuration: where it listens, and where its files
// are. There is one site; other directives say nothing here.
type nginxSite struct {
	port string
	root string // as io/fs has names
}

var (
	nginxComment = regexp.MustCompile(`(?m)#.*$`)
	nginxListen  = regexp.MustCompile(`(?m)^\s*listen\s+(?:[^\s;]*:)?(\d{1,5})\b`)
	nginxRoot    = regexp.MustCompile(`(?m)^\s*root\s+/([^\s;]*);`)
)

// readNginxSite reads conf.d/default.conf. What is not said there is as in the image.
func readNginxSite(files fs.FS) nginxSite {
	site := nginxSite{"80", "usr/share/nginx/html"}
	text, err := fs.ReadFile(files, "etc/nginx/conf.d/default.conf")
	if err != nil {
		return site
	}
	text = nginxComment.ReplaceAll(text, nil)
	if m := nginxListen.FindSubmatch(text); m != nil {
		site.port = string(m[1])
	}
	if m := nginxRoot.FindSubmatch(text); m != nil {
		site.root = strings.Trim(string(m[1]), "/")
	}
	return site
}
