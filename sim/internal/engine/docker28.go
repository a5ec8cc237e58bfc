package engine

// Docker28 is Docker Engine 28.5.2.
var Docker28 Engine = docker28{}

type docker28 struct{ since28 }

func (docker28) Release() Release {
	return Release{Name: "28", Version: "28.5.2", APIVersion: "1.51", MinAPIVersion: "1.24", Listens: "[fd://]"}
}

func (docker28) Messages() *Messages { return messages28 }

var messages28 = messages20.with(func(*Messages) {})
