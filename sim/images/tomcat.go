package images

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"drydock/sim"
	"drydock/sim/tools/command"
)

// Tomcat returns Tomcat 10.1 on Ubuntu 22.04.
func Tomcat() sim.Image {
	return sim.Image{
		Name: "tomcat", Cmd: []string{"catalina.sh", "run"}, Expose: []string{"8080"}, WorkingDir: "/usr/local/tomcat",
		Env: []string{
			"PATH=/usr/local/tomcat/bin:/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"JAVA_HOME=/opt/java/openjdk", "LANG=en_US.UTF-8", "LANGUAGE=en_US:en", "LC_ALL=en_US.UTF-8", "JAVA_VERSION=jdk-21.0.1+12",
			"CATALINA_HOME=/usr/local/tomcat", "TOMCAT_NATIVE_LIBDIR=/usr/local/tomcat/native-jni-lib",
			"LD_LIBRARY_PATH=/usr/local/tomcat/native-jni-lib", "TOMCAT_MAJOR=10", "TOMCAT_VERSION=" + tomcatVersion,
		},
		Commands: ubuntuWith("curl wget", command.Table{"catalina.sh": catalina}),
		Files:    layers{files("ubuntu"), files("debian")},
	}
}

// myTomcat is what a tutorial builds of it: with ip and ping, and a directory of its own.
func myTomcat() sim.Image {
	i := Tomcat()
	i.Name, i.ID, i.WorkingDir = "itcoke/mytomcat8:1.0", "3336fdaf451a", "/usr/local/tomcat/webapps"
	i.Commands = ubuntuWith("curl wget ip ss bridge ping ping4 ping6", command.Table{"catalina.sh": catalina})
	return i
}

const tomcatVersion = "10.1.16"

// catalina is catalina.sh run.
func catalina(ctx context.Context, c *command.Call) int {
	if len(c.Args) != 2 || c.Args[1] != "run" {
		return c.Fail(1, "Usage: catalina.sh ( commands ... )\ncommands:\n  run               Start Catalina in the current window\n")
	}
	started := time.Now()
	log := func(format string, args ...any) {
		c.Errorf("%s INFO [main] "+format+"\n", append([]any{time.Now().UTC().Format("02-Jan-2006 15:04:05.000")}, args...)...)
	}
	log("org.apache.catalina.core.StandardEngine.startInternal Starting Servlet engine: [Apache Tomcat/%s]", tomcatVersion)
	log("org.apache.coyote.AbstractProtocol.start Starting ProtocolHandler [\"http-nio-8080\"]")
	log("org.apache.catalina.startup.Catalina.start Server startup in [%d] milliseconds", time.Since(started).Milliseconds())
	err := serve(ctx, c, "8080", func(conn net.Conn) { serveHTTP(conn, tomcatAnswer) })
	if err != nil {
		return c.Fail(1, "java.net.BindException: Address already in use\n")
	}
	return command.Interrupted(ctx)
}

// tomcatAnswer is 404: the image has no applications.
func tomcatAnswer(*http.Request) response {
	body := `<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body><h1>HTTP Status 404 – Not Found</h1>` +
		`<hr class="line" /><p><b>Type</b> Status Report</p><p><b>Description</b> The origin server did not find a current representation for the target resource ` +
		`or is not willing to disclose that one exists.</p><hr class="line" /><h3>Apache Tomcat/` + tomcatVersion + `</h3></body></html>`
	return response{http.StatusNotFound, []string{"Content-Type: text/html;charset=utf-8", "Content-Language: en",
		fmt.Sprint("Content-Length: ", len(body)), "Date: " + date(time.Now())}, body}
}
