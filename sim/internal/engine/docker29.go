package engine

// Docker29 is Docker Engine 29.7.2.
var Docker29 Engine = docker29{}

type docker29 struct{ since28 }

func (docker29) Release() Release {
	return Release{Name: "29", Version: "29.7.2", APIVersion: "1.55", MinAPIVersion: "1.40", Listens: "[fd://]"}
}

func (docker29) Messages() *Messages { return messages29 }

var messages29 = messages28.with(func(*Messages) {})
