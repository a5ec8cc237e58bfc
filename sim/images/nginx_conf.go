package images

import (
	"io/fs"
	"regexp"
	"strings"
)

// An nginxSite is what nginx reads of its configuration: where it listens, and where its files
// are. There is one site; other directives say nothing here.
type nginxSite struct {
	listens []string // addresses: "0.0.0.0:80"
	root    string   // as io/fs has names
}

var (
	nginxComment = regexp.MustCompile(`(?m)#.*$`)
	nginxListen  = regexp.MustCompile(`(?m)^\s*listen\s+(?:(\[[^\s;]*\]|[^\s;:]*):)?(\d{1,5})\b`)
	nginxRoot    = regexp.MustCompile(`(?m)^\s*root\s+/([^\s;]*);`)
)

// readNginxSite reads conf.d/default.conf. What is not said there is as in the image.
func readNginxSite(files fs.FS) nginxSite {
	site := nginxSite{[]string{"0.0.0.0:80"}, "usr/share/nginx/html"}
	text, err := fs.ReadFile(files, "etc/nginx/conf.d/default.conf")
	if err != nil {
		return site
	}
	text = nginxComment.ReplaceAll(text, nil)
	if all := nginxListen.FindAllSubmatch(text, -1); len(all) > 0 {
		site.listens = nil
		for _, m := range all {
			host := string(m[1])
			if host == "" || host == "*" {
				host = "0.0.0.0"
			}
			site.listens = append(site.listens, host+":"+string(m[2]))
		}
	}
	if m := nginxRoot.FindSubmatch(text); m != nil {
		site.root = strings.Trim(string(m[1]), "/")
	}
	return site
}
