package dockercli

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"

	"drydock/sim/dockerapi"
	"drydock/sim/internal/reference"
	"drydock/sim/tools/command"

	"github.com/spf13/pflag"
)

// create is docker create.
func (d *docker) create(f *pflag.FlagSet) action {
	flags := d.newCreateFlags(f, "creating")
	return func(args []string) error {
		spec, err := d.parseCreate(flags, args)
		if err != nil {
			return d.badFlags("create", err)
		}
		made, err := d.createContainer(flags, &spec)
		if err != nil {
			return err
		}
		d.Printf("%s\n", made.ID)
		return nil
	}
}

// badFlags prints why docker run or create does not ask the daemon, or what it answered, and
// points to --help.
func (d *docker) badFlags(command string, err error) error {
	return statusError{125, d.release.withHelp(command, err.Error())}
}

// imageID finds the ID of an image, which is no name that could be pulled.
var imageID = regexp.MustCompile(`^(sha256:)?[a-f0-9]{64}$`)

// createContainer makes a container. An image that the daemon has not got is pulled, and the
// request repeated.
func (d *docker) createContainer(flags *createFlags, spec *dockerapi.ContainerCreate) (made dockerapi.ContainerCreated, err error) {
	for _, addr := range spec.HostConfig.DNS {
		if warning := d.release.dnsWarning(addr); warning != "" {
			d.Errorf("%s\n", warning)
			break
		}
	}
	file, err := d.newIDFile(*flags.idFile)
	if err != nil {
		return made, err
	}
	defer func() { err = d.endIDFile(file, *flags.idFile, made.ID, err) }()
	image, err := reference.Parse(spec.Image)
	isID := imageID.MatchString(spec.Image)
	if err != nil && !isID {
		return made, err
	}
	if *flags.pull == "always" {
		if err := d.pullImage(image, d.Stderr); err != nil {
			return made, err
		}
	}
	query := url.Values{}
	if *flags.name != "" {
		query.Set("name", *flags.name)
	}
	err = d.api.post(d.ctx, "/containers/create", query, spec, &made)
	if isNotFound(err) && !isID && *flags.pull == "missing" {
		d.Errorf("Unable to find image '%s' locally\n", image)
		if err = d.pullImage(image, d.Stderr); err == nil {
			err = d.api.post(d.ctx, "/containers/create", query, spec, &made)
		}
	}
	for _, w := range made.Warnings {
		d.Errorf("WARNING: %s\n", w)
	}
	return made, err
}

// newIDFile makes the file of --cidfile, which must not be there.
func (d *docker) newIDFile(name string) (command.File, error) {
	if name == "" {
		return nil, nil
	}
	if _, err := fs.Stat(d.Files, d.Path(name)); err == nil {
		return nil, fmt.Errorf("container ID file found, make sure the other container isn't running or delete %s", name)
	}
	f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("failed to create the container ID file: open %s: %s", name, lowerFirst(command.Reason(err)))
	}
	return f, nil
}

// endIDFile writes the ID to the file of --cidfile. Without a container the file goes.
func (d *docker) endIDFile(f command.File, name, id string, err error) error {
	if f == nil {
		return err
	}
	defer f.Close()
	if err != nil {
		_ = d.Files.Remove(d.Path(name))
		return err
	}
	if _, err := f.Write([]byte(id)); err != nil {
		return fmt.Errorf("failed to write the container ID to the file: %s", lowerFirst(command.Reason(err)))
	}
	return nil
}
