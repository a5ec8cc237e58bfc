package images

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"drydock/sim/tools/command"
)

// An nginxLog is what nginx writes its logs to. In Docker's image the files of both are links to
// standard error and output, as which files count that are not there; others are appended to.
type nginxLog struct {
	*command.Call
	errors, access io.Writer
}

func newNginxLog(c *command.Call) *nginxLog {
	return &nginxLog{c, nginxLogFile(c, "var/log/nginx/error.log", c.Stderr), nginxLogFile(c, "var/log/nginx/access.log", c.Stdout)}
}

func nginxLogFile(c *command.Call, name string, stream io.Writer) io.Writer {
	if info, err := fs.Stat(c.Files, name); err != nil || !info.Mode().IsRegular() {
		return stream
	}
	return appendFile{c, name}
}

// An appendFile is opened for each line, which a log may be moved away between.
type appendFile struct {
	*command.Call
	name string
}

func (f appendFile) Write(b []byte) (int, error) {
	file, err := f.OpenFile("/"+f.name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.Write(b)
}

// say writes a line to the error log, with its level, and an emergency to standard error, too.
func (l *nginxLog) say(level, format string, args ...any) {
	text, me := fmt.Sprintf(format, args...), l.Process().PID
	fmt.Fprintf(l.errors, "%s [%s] %d#%d: %s\n", time.Now().UTC().Format("2006/01/02 15:04:05"), level, me, me, text)
	if level == "emerg" {
		l.Errorf("nginx: [emerg] %s\n", text)
	}
}
